// Gives assets whose kind changed the labels of the new kind; rows are [id, old labels, new labels].
// param rows: list = [["grid:bus-1", ["Energy", "Bus"], ["Energy", "Substation"]]]
// mode: write
UNWIND $rows AS row
MATCH (a:Asset {id: row[0]})
REMOVE a:$(row[1])
SET a:$(row[2])
RETURN count(*) AS done
