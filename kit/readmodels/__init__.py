"""Read models: folds of facts that can be thrown away and made again."""
