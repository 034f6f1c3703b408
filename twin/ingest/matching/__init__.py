"""Several sources, one asset: match rules, who says what about an asset, and where they do not agree."""
