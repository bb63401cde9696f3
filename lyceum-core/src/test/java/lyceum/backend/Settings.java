package lyceum.backend;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import lyceum.backend.x86.X86Backend;
import lyceum.backend.x86.machine.Cpu;

/** Every way in which this machine can compute: {@code scalar}, {@code vector}, and machine code for each level that the CPU has. */
public final class Settings {
    private Settings() {}

    /** By name, plainest first. */
    public static Map<String, Backend> all() {
        var settings = new LinkedHashMap<String, Backend>();
        settings.put("scalar", Backend.named("scalar"));
        settings.put("vector", Backend.named("vector"));
        if (Cpu.unavailable() != null) return settings;
        var levels = new LinkedHashMap<Set<?>, String>();
        for (var level : new String[] {"avx2", "avx512", "all"}) levels.putIfAbsent(Cpu.current().limitedTo(level).features(), level);
        levels.values()
                .forEach(level -> settings.put("x86 " + level, new X86Backend(Backend.named("vector"), Cpu.current().limitedTo(level))));
        return settings;
    }

    /** The plainest, and what users get: for what is too slow to be run everywhere. */
    public static Map<String, Backend> scalarAndDefault() {
        return all().entrySet().stream()
                .filter(e -> e.getKey().equals("scalar") || e.getValue().description().equals(Backend.current().description()))
                .collect(Collectors.toMap(Map.Entry::getKey, Map.Entry::getValue));
    }
}
