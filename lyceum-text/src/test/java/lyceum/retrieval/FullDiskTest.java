package lyceum.retrieval;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FullDiskTest {
    /** The device that is always full stands where each file of a merge would be written. */
    @Test void aDiskThatIsFullWhileMergingLeavesTheOldSegments(@TempDir Path folder) throws IOException {
        var full = Path.of("/dev/full");
        assumeTrue(Files.exists(full), "no device that is full");
        Path home = folder.resolve("store");
        var store = VectorStore.open(home, new VectorStoreOptions(2).withSegmentSize(10));
        int written = 0;
        for (int i = 0; i < 25; i++) store.upsert(new VectorRecord("r" + written++, new float[] {1, i}, Map.of("i", i)));
        for (var name : List.of("segment-%d.vectors.lyx.part", "segment-%d.records.lyx.part", "store.lyx.part")) {
            int generation = generation(home);
            int merged = store.segments();
            for (int tries = 0; tries < 2; tries++) {
                Files.createSymbolicLink(home.resolve(String.format(name, generation + 1)), full);
                assertThatThrownBy(store::compact).as(name).isInstanceOf(IOException.class).hasMessageContaining("No space left");
                assertThat(store.segments()).isEqualTo(merged);
                assertThat(store.size()).isEqualTo(written);
                assertThat(store.get("r3").orElseThrow().payload()).containsEntry("i", 3L);
                store.upsert(new VectorRecord("r" + written++, new float[] {1, -1}, Map.of("late", true)));
            }
            store.close();
            store = VectorStore.open(home);
            assertThat(store.size()).as(name).isEqualTo(written);
            assertThat(store.search(new float[] {1, 0}, 100)).hasSize(written);
            store.compact();
            assertThat(store.segments()).isEqualTo(1);
            assertThat(store.size()).isEqualTo(written);
            for (int i = 0; i < 3; i++) store.upsert(new VectorRecord("r" + written++, new float[] {2, i}, Map.of()));
        }
        store.close();
        assertThat(home).isDirectoryNotContaining("glob:**.part");
    }

    /** By the name of its log. */
    private static int generation(Path home) throws IOException {
        try (var files = Files.list(home)) {
            return files.map(f -> f.getFileName().toString()).filter(n -> n.startsWith("log-"))
                    .mapToInt(n -> Integer.parseInt(n.substring(4, n.indexOf('.')))).max().orElseThrow();
        }
    }
}
