package lyceum.retrieval;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.exactly;

import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import lyceum.random.Rng;
import lyceum.testing.Evidence;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A process that writes is killed; what it was told is kept. */
@Tag("heavy")
class StoreCrashTest {
    private static final int IDS = 97;

    /** Write number n puts r(n mod 97) there, or, if n is a multiple of 5, takes it out; says n when it is acknowledged. */
    static final class Writer {
        private Writer() {}

        public static void main(String[] arguments) throws IOException {
            var store = VectorStore.open(Path.of(arguments[0]), new VectorStoreOptions(4).withSegmentSize(60));
            for (int n = Integer.parseInt(arguments[1]);; n++) {
                if (n % 5 == 0) store.delete("r" + n % IDS);
                else store.upsert(new VectorRecord("r" + n % IDS, new float[] {n, 1, 1, 1}, Map.of("n", n)));
                System.out.println(n);
                System.out.flush();
            }
        }
    }

    private static Map<String, Long> state(int writes) {
        var state = new HashMap<String, Long>();
        for (int n = 0; n < writes; n++) {
            if (n % 5 == 0) state.remove("r" + n % IDS);
            else state.put("r" + n % IDS, (long) n);
        }
        return state;
    }

    @Test void acknowledgedWritesSurviveAKill(@TempDir Path folder) throws IOException, InterruptedException {
        var rng = Rng.of(8);
        int next = 0, lost = 0, kills = 0;
        for (int round = 0; round < 100; round++) {
            var process = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-cp",
                    System.getProperty("java.class.path"), "-XX:+UseSerialGC", "--add-modules", "jdk.incubator.vector",
                    "--enable-native-access=ALL-UNNAMED", Writer.class.getName(), folder.toString(), "" + next)
                    .redirectError(ProcessBuilder.Redirect.DISCARD).start();
            try (var said = process.inputReader()) {
                int wanted = 1 + rng.nextInt(120);
                for (String line; (line = said.readLine()) != null;) {
                    next = Integer.parseInt(line) + 1;
                    if (wanted-- == 0) process.toHandle().destroyForcibly(); // of a Process it would close the pipe as well
                }
            }
            process.waitFor();
            kills++;
            try (var store = VectorStore.open(folder)) {
                var found = new HashMap<String, Long>();
                for (var record : store.records()) {
                    found.put(record.id(), (Long) record.payload().get("n"));
                    if (record.vector()[0] != (long) record.payload().get("n")) lost++;
                }
                // the write that was under way may be there or not
                if (found.equals(state(next + 1))) next++;
                else if (!found.equals(state(next))) lost++;
            }
        }
        Evidence.of("kills of a writing process", kills, exactly(100));
        Evidence.of("writes that were acknowledged", next, above(1000));
        Evidence.of("stores that are not as they were acknowledged", lost, exactly(0));
    }
}
