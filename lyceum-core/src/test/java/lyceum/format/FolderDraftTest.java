package lyceum.format;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import lyceum.testing.ForkedJvm;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FolderDraftTest {
    @TempDir private Path folder;

    private Map<String, String> held() throws IOException {
        var held = new TreeMap<String, String>();
        try (var files = Files.list(folder)) {
            for (var file : files.toList()) held.put(file.getFileName().toString(), Files.readString(file));
        }
        return held;
    }

    @Test void filesComeTogetherAndWhatIsObsoleteGoes() throws IOException {
        Files.writeString(folder.resolve("a"), "old");
        Files.writeString(folder.resolve("index"), "old");
        Files.writeString(folder.resolve("readme"), "mine");
        FolderDraft.write(folder, Set.of("index", "a")::contains, draft -> {
            Files.writeString(draft.resolve("a"), "new");
            FolderDraft.write(draft, _ -> false, inner -> Files.writeString(inner.resolve("b"), "new"));
            assertThat(Files.readString(folder.resolve("index"))).isEqualTo("old");
        });
        assertThat(held()).isEqualTo(Map.of("a", "new", "b", "new", "readme", "mine"));
        var fresh = folder.resolve("x/y");
        for (var name : new String[] {"1", "2"}) FolderDraft.write(fresh, file -> file.startsWith("words/"), draft -> {
            Files.writeString(draft.resolve("a"), name);
            Files.writeString(Files.createDirectory(draft.resolve("words")).resolve("w" + name), name);
        });
        assertThat(fresh.resolve("a")).hasContent("2");
        assertThat(fresh.resolve("words").toFile().list()).containsExactly("w2");
    }

    @Test void aFolderThatIsALinkLosesWhatIsObsoleteToo() throws IOException {
        var real = Files.createDirectory(folder.resolve("real"));
        var link = Files.createSymbolicLink(folder.resolve("link"), real);
        Files.writeString(real.resolve("index"), "old");
        FolderDraft.write(link, "index"::equals, draft -> Files.writeString(draft.resolve("a"), "new"));
        assertThat(real.toFile().list()).containsExactly("a");
    }

    /** What stands in the way of the first of the last stops the moves there: the others are at their places, and those behind it are not. */
    @Test void whatNamesOthersIsMovedLast() throws IOException {
        Files.createDirectories(folder.resolve("a/in the way"));
        Files.writeString(folder.resolve("b"), "old");
        assertThatThrownBy(() -> FolderDraft.write(folder, _ -> false, List.of("a", "b", "none"), draft -> {
            for (var name : List.of("a", "b", "c", "z")) Files.writeString(draft.resolve(name), "new");
            Files.writeString(Files.createDirectory(draft.resolve("words")).resolve("a"), "new");
        })).isInstanceOf(IOException.class);
        for (var name : List.of("c", "z", "words/a")) assertThat(folder.resolve(name)).hasContent("new");
        assertThat(folder.resolve("b")).hasContent("old");
        assertThat(folder).isDirectoryNotContaining("glob:**.draft*");
    }

    /** Writes into the folder that it is given; with a second argument it is killed before it is through. */
    static class Other {
        public static void main(String[] args) throws IOException {
            FolderDraft.write(Path.of(args[0]), _ -> false, draft -> {
                Files.writeString(Files.createDirectory(draft.resolve("words")).resolve("a"), "the other's");
                if (args.length > 1) Runtime.getRuntime().halt(7);
            });
        }
    }

    @Test void theNextWriterDeletesWhatAKilledOneLeft() throws IOException {
        assertThat(ForkedJvm.of(Other.class).withArguments(folder.toString(), "killed").run().exitCode()).isEqualTo(7);
        assertThat(folder.toFile().list()).hasSize(2).allMatch(name -> name.startsWith(".draft-"));
        Files.createDirectory(folder.resolve(".drafts of mine"));
        FolderDraft.write(folder, _ -> true, draft -> Files.writeString(draft.resolve("b"), "new"));
        assertThat(folder.toFile().list()).containsExactlyInAnyOrder("b", ".drafts of mine");
    }

    @Test void whoWritesInAnotherProcessKeepsItsDraft() throws IOException {
        FolderDraft.write(folder, _ -> false, draft -> {
            Files.writeString(draft.resolve("b"), "new");
            var other = ForkedJvm.of(Other.class).withArguments(folder.toString()).run();
            assertThat(other.exitCode()).as(other.output()).isZero();
            FolderDraft.write(folder, _ -> true, inThisProcess -> Files.writeString(inThisProcess.resolve("c"), "new"));
            assertThat(draft.resolve("b")).hasContent("new");
            assertThat(folder.toFile().list()).hasSize(4);
        });
        assertThat(folder.toFile().list()).containsExactlyInAnyOrder("b", "c", "words");
        assertThat(folder.resolve("b")).hasContent("new");
    }

    @Test void anErrorLeavesWhatThereWas() throws IOException {
        Files.writeString(folder.resolve("a"), "old");
        Files.writeString(folder.resolve("index"), "old");
        assertThatThrownBy(() -> FolderDraft.write(folder, Set.of("index")::contains, draft -> {
            Files.writeString(draft.resolve("a"), "new");
            throw new IOException("No space left on device");
        })).hasMessageContaining("No space left");
        assertThat(held()).isEqualTo(Map.of("a", "old", "index", "old"));
    }
}
