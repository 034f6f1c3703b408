// Guide 9: circuits whose paths are not apart: two of them lie in one duct.
// mode: read
MATCH (duct:Duct)-[:CONTAINS]->(:FibreCable)-[:CARRIES]->(:Span)-[:CARRIES]->(path:Path)-[:SERVES]->(circuit:Circuit)
WITH DISTINCT duct, circuit, path
ORDER BY path.id
WITH duct, circuit, collect(path.id) AS paths
WHERE size(paths) > 1
RETURN circuit.id AS circuit, circuit.name AS name, duct.id AS duct, paths
ORDER BY circuit, duct
