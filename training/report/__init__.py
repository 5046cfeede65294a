"""The report: one HTML page and a model card; `training.train` calls `page.write_report`."""
