// How many assets and links there are.
// mode: read
CALL () {
  MATCH (:Asset)
  RETURN count(*) AS assets
}
CALL () {
  MATCH ()-[r]->()
  RETURN count(r) AS links
}
RETURN assets, links
