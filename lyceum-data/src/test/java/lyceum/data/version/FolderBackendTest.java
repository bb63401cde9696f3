package lyceum.data.version;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import lyceum.data.ContentHash;
import lyceum.testing.ForcedFiles;
import lyceum.testing.ForkedJvm;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is left of a store in a folder when a process or the power ends. */
class FolderBackendTest {
    @TempDir private Path folder;

    /** What lies there but for objects and names. */
    private List<Path> litter() throws IOException {
        try (var files = Files.walk(folder)) {
            return files.filter(file -> file.getFileName().toString().startsWith(".")).toList();
        }
    }

    /** Puts large objects into the folder that it is given, until another thread sees a draft there and ends the JVM. */
    static class Killed {
        public static void main(String[] args) {
            var folder = Path.of(args[0]);
            var backend = ObjectBackend.in(folder);
            Thread.ofPlatform().daemon().start(() -> {
                while (drafts(folder.resolve("objects")) == 0) Thread.onSpinWait();
                Runtime.getRuntime().halt(7);
            });
            var bytes = new byte[16 << 20];
            for (int i = 0;; i++) {
                bytes[i]++;
                backend.put(ContentHash.of(String.valueOf(i).getBytes(StandardCharsets.UTF_8)), bytes);
            }
        }

        private static int drafts(Path folder) {
            var names = folder.toFile().list((_, name) -> name.startsWith("."));
            return names == null ? 0 : names.length;
        }
    }

    @Test void draftsOfKilledWritersGoWhenTheStoreIsOpened() throws IOException {
        for (int i = 0; i < 10 && litter().isEmpty(); i++) { // an end may come a moment late, when the draft is an object
            var killed = ForkedJvm.of(Killed.class).withArguments(folder.toString()).run();
            assertThat(killed.exitCode()).as(killed.output()).isEqualTo(7);
        }
        assertThat(litter()).isNotEmpty();
        ObjectBackend.in(folder);
        assertThat(litter()).isEmpty();
    }

    @Test void aWritingThatFailsLeavesNoDraft() throws IOException {
        var backend = ObjectBackend.in(folder);
        Files.createDirectories(folder.resolve("names/a/in the way"));
        assertThatThrownBy(() -> backend.name("a", "b")).isInstanceOf(UncheckedIOException.class).hasMessageContaining("cannot write");
        assertThat(litter()).isEmpty();
    }

    @Test void whatANameLeadsToIsOnTheDiskBeforeTheName() throws Exception {
        var backend = ObjectBackend.in(folder);
        assertThat(ForcedFiles.below(folder, () -> {
            for (var hash : List.of("ab".repeat(32), "cd".repeat(32))) backend.put(hash, new byte[3]);
        })).isEmpty();
        var forced = ForcedFiles.below(folder, () -> backend.name("branches/main", "ab"));
        assertThat(forced.subList(0, 5)).containsExactlyInAnyOrder("objects/ab/" + "ab".repeat(31), "objects/cd/" + "cd".repeat(31),
                "objects/ab", "objects/cd", "objects");
        assertThat(forced.subList(5, forced.size())).containsExactly("names", "names/.draft.file", "names/branches");
        assertThat(ForcedFiles.below(folder, () -> backend.name("branches/main", "cd"))).containsExactly("names/.draft.file",
                "names/branches");
        var other = ObjectBackend.in(folder); // who finds an object there cannot know whether it was forced, nor whether it is whole
        Files.write(folder.resolve("objects/ab/" + "ab".repeat(31)), new byte[0]);
        other.put("ab".repeat(32), new byte[3]);
        other.put("cd".repeat(32), new byte[3]);
        assertThat(other.get("ab".repeat(32))).hasSize(3);
        assertThat(ForcedFiles.below(folder, () -> other.name("branches/other", "cd"))).contains("objects/ab/" + "ab".repeat(31),
                "objects/cd/" + "cd".repeat(31));
        assertThat(ForcedFiles.below(folder, () -> backend.name("branches/main", null))).containsExactly("names/branches");
        assertThat(ForcedFiles.below(folder, () -> ObjectBackend.in(folder.resolve("new")))).contains("", "new");
    }
}
