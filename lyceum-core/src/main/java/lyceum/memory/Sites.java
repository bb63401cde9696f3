package lyceum.memory;

import java.util.List;

/** Names the line of the user's code that needs memory: the innermost frame outside the packages that tensors are made of. */
final class Sites {
    private static final List<String> INSIDE = List.of("lyceum.memory.Sites", "lyceum.memory.Allocator", "lyceum.memory.Scope",
            "lyceum.tensor.", "lyceum.backend.", "lyceum.autograd.", "java.");

    private final StackWalker walker = StackWalker.getInstance();

    /** If {@code LYCEUM_MEMORY_SITES=on} or {@code -Dlyceum.memory.sites=on}, else null: walking the stack costs microseconds. */
    static Sites fromSettings() {
        return "on".equals(System.getProperty("lyceum.memory.sites", System.getenv("LYCEUM_MEMORY_SITES"))) ? new Sites() : null;
    }

    String here() {
        return walker.walk(frames -> frames.filter(f -> INSIDE.stream().noneMatch(f.getClassName()::startsWith)).findFirst())
                .map(f -> f.getClassName() + "." + f.getMethodName() + ":" + f.getLineNumber()).orElse("unknown");
    }
}
