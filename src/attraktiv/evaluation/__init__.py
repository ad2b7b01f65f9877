"""How good a model is: comparison, published numbers, screening of a proposed driver."""
