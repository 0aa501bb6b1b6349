"""An MCP server over stdio: the bridge, for agents. Only this package imports the MCP SDK, which is an extra of its own."""
