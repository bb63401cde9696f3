package lyceum.format;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import lyceum.tensor.Tensor;
import lyceum.testing.ForcedFiles;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is on the disk when a writer returns, a folder as {@code ""}: after the file of which it then holds the name. */
class DurableTest {
    @TempDir private Path folder;

    @Test void aFileThatTakesAnothersPlaceIsThereToStay() throws Exception {
        Files.writeString(folder.resolve("a"), "old");
        Files.writeString(folder.resolve("b"), "new");
        assertThat(ForcedFiles.below(folder, () -> Durable.move(folder.resolve("b"), folder.resolve("a")))).containsExactly("b", "");
        assertThat(folder.resolve("a")).hasContent("new");
        assertThatThrownBy(() -> Durable.move(folder.resolve("b"), folder.resolve("a"))).isInstanceOf(NoSuchFileException.class);
        assertThat(folder.resolve("a")).hasContent("new");
    }

    @Test void filesOfTensorsAreThereToStay() throws Exception {
        var tensors = new LinkedHashMap<String, Tensor>(Map.of("w", Tensor.ones(2, 3)));
        assertThat(ForcedFiles.below(folder, () -> Safetensors.write(folder.resolve("a"), tensors, Map.of()))).containsExactly("a", "");
        assertThat(ForcedFiles.below(folder, () -> TorchFile.write(folder.resolve("b"), tensors))).containsExactly("b", "");
        assertThat(ForcedFiles.below(folder, () -> Gguf.write(folder.resolve("c"), new LinkedHashMap<>(), tensors))).containsExactly("c",
                "");
    }

    @Test void foldersThatAreMadeAreNamedInThoseAbove() throws Exception {
        assertThat(ForcedFiles.below(folder, () -> Durable.createDirectories(folder.resolve("a/b")))).containsExactly("a", "");
        assertThat(ForcedFiles.below(folder, () -> Durable.createDirectories(folder.resolve("a/b/c")))).containsExactly("a/b");
        assertThat(ForcedFiles.below(folder, () -> Durable.createDirectories(folder.resolve("a")))).isEmpty();
    }

    @Test void filesAreForcedThenTheirNamesThenThoseWhichNameThem() throws Exception {
        assertThat(ForcedFiles.below(folder, () -> FolderDraft.write(folder.resolve("x"), _ -> false, List.of("index", "all"), draft -> {
            Files.writeString(draft.resolve("index"), "w/a");
            Files.writeString(draft.resolve("all"), "index");
            Files.writeString(Files.createDirectory(draft.resolve("w")).resolve("a"), "new");
        }))).containsExactly("", // x is new
                "x/.draft/w/a", "x/.draft/index", "x/.draft/all", "x", // w is new
                "x/w", "x", "x");
    }

    @Test void aFileThatIsPutWaitsForTheDiskWhereAsked() throws Exception {
        var file = folder.resolve("a");
        assertThat(ForcedFiles.below(folder, () -> FolderDraft.put(folder, file, new byte[3], false))).isEmpty();
        assertThat(ForcedFiles.below(folder, () -> FolderDraft.put(folder, file, new byte[5], true))).containsExactly(".draft.file", "");
        assertThat(file).hasSize(5);
        assertThat(folder.toFile().list()).containsExactly("a");
    }

    @Test void anInterruptDoesNotTurnAFileThatIsThereIntoAnError() throws IOException {
        Files.writeString(folder.resolve("b"), "new");
        Thread.currentThread().interrupt();
        try {
            Durable.move(folder.resolve("b"), folder.resolve("a"));
            FolderDraft.put(folder, folder.resolve("c"), new byte[3], true);
        } finally {
            assertThat(Thread.interrupted()).isTrue();
        }
        assertThat(folder.resolve("a")).hasContent("new");
        assertThat(folder.resolve("c")).hasSize(3);
    }
}
