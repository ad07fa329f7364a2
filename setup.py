"""What pyproject.toml cannot say: deploy/ goes into the package as dashboard/deploy, where `streamgauge export` finds it;
the runbooks as dashboard/docs, where the page does.
"""

from setuptools import find_namespace_packages, setup

setup(
    packages=[
        *find_namespace_packages(include=["dashboard*", "orchestrator_stub*"]),
        "dashboard.deploy",
        "dashboard.docs",
    ],
    package_dir={"dashboard.deploy": "deploy", "dashboard.docs": "docs"},
)
