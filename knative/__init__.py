"""Speaks to the cluster: builds the image, deploys revisions, shifts traffic, tells how it all is.

The commands in scripts/ call it. The manifests lie beside this code, in base/.
"""
