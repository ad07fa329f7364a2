"""What pyproject.toml cannot say: deploy/ goes into the package as dashboard/deploy, where `streamgauge export` finds it."""

from setuptools import find_namespace_packages, setup

setup(
    packages=[*find_namespace_packages(include=["dashboard*", "orchestrator_stub*"]), "dashboard.deploy"],
    package_dir={"dashboard.deploy": "deploy"},
)
