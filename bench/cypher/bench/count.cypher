// How many assets and links there are.
// mode: read
MATCH (a:Asset)
RETURN count(a) AS assets, sum(COUNT { (a)-->() }) AS links
