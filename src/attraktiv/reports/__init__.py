"""Charts of results: a table or a Dataset becomes a Vega-Lite chart, a PNG or an SVG."""
