package lyceum.retrieval;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import lyceum.testing.ForcedFiles;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is on the disk when a change is acknowledged; a folder, for the names in it, is {@code ""}. */
class PowerCutTest {
    @TempDir private Path folder;

    @Test void whatAStoreAcknowledgesIsOnTheDisk() throws Exception {
        Path home = folder.resolve("store"), copy = folder.resolve("copy");
        assertThat(ForcedFiles.below(folder, () -> VectorStore.open(home, new VectorStoreOptions(2)).close())).containsExactly("",
                "store/log-0.lyl", "store/store.lyx", "store");
        try (var store = VectorStore.open(home)) {
            assertThat(ForcedFiles.below(home, () -> store.upsert(new VectorRecord("a", new float[] {1, 2}, Map.of()))))
                    .containsExactly("log-0.lyl");
            assertThat(ForcedFiles.below(home, store::compact)).containsExactly("segment-1.vectors.lyx", "", "segment-1.records.lyx", "",
                    "log-1.lyl", "store.lyx", "");
            var forced = ForcedFiles.below(folder, () -> store.snapshot(copy));
            assertThat(forced).first().isEqualTo("");
            assertThat(forced).contains("copy/log-1.lyl", "copy/store.lyx"); // segments are the same files, by another name
            assertThat(forced).last().isEqualTo("copy");
        }
    }

    @Test void anIndexOfWordsOrVectorsIsOnTheDiskWhenItIsSaved() throws Exception {
        var vectors = new FlatIndex(2, VectorMetric.COSINE);
        vectors.add(1, new float[] {1, 2});
        assertThat(ForcedFiles.below(folder, () -> vectors.save(folder.resolve("flat")))).containsExactly("flat", "");
        assertThat(ForcedFiles.below(folder, () -> Verses.index(0, 9).save(folder.resolve("words")))).containsExactly("",
                "words/segment-1-0.lyx", "words", "words/index.lyx", "words");
    }

    /** The names of its files before that of the one which names them. */
    @Test void anIndexOfTextsIsOnTheDiskWhenItIsSaved() throws Exception {
        SemanticSearchTest.toy().save(folder);
        var forced = ForcedFiles.below(folder, () -> SemanticSearchTest.toy().save(folder));
        assertThat(forced).contains(".draft/vectors-2.lyx", ".draft/words/index-2.lyx", ".draft/words/segment-2-0.lyx",
                ".draft/passages.json");
        assertThat(forced.subList(forced.size() - 3, forced.size() - 1)).containsExactlyInAnyOrder("", "words");
        assertThat(forced).last().isEqualTo("");
        assertThat(Files.exists(folder.resolve("vectors-1.lyx"))).isFalse();
    }
}
