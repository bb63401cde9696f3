package lyceum.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.TreeSet;

/** What the figures were measured on. */
final class Cpu {
    private Cpu() {}

    static String name() {
        try {
            String name = "unknown", family = "", model = "";
            var features = new TreeSet<String>();
            for (var line : Files.readAllLines(Path.of("/proc/cpuinfo"))) {
                var value = line.substring(line.indexOf(':') + 1).strip();
                if (line.startsWith("model name")) name = value;
                else if (line.startsWith("cpu family")) family = value;
                else if (line.startsWith("model\t")) model = value;
                else if (line.startsWith("flags"))
                    for (var flag : value.split(" ")) if (flag.matches("avx2|avx512f|avx512_vnni|avx512_bf16|amx_tile")) features.add(flag);
            }
            return name + " family " + family + " model " + model + ", " + Runtime.getRuntime().availableProcessors() + " cores, "
                    + String.join(" ", features);
        } catch (IOException e) {
            return System.getProperty("os.arch");
        }
    }
}
