from spine.framework.sources import FileSource, source_registry

# Register a source
source = FileSource(
    name="finra.otc.weekly",
    path="/data/finra/*.psv",
    domain="finra.otc_transparency",
)
source_registry.register(source)

# Use it anywhere
result = source_registry.get("finra.otc.weekly").fetch()
if result.success:
    process(result.data)
