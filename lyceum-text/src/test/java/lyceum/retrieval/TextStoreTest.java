package lyceum.retrieval;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import lyceum.tensor.Tensor;
import lyceum.text.encoder.TextEncoder;
import lyceum.text.encoder.TokenVectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TextStoreTest {
    @Test void textsGoThroughAnEncoder(@TempDir Path folder) throws IOException {
        var encoder = new TextEncoder() {
            @Override public int dimension() { return 2; }

            @Override public Tensor encode(List<String> texts) {
                var rows = new float[2 * texts.size()];
                for (int i = 0; i < texts.size(); i++) {
                    rows[2 * i] = 1;
                    rows[2 * i + 1] = texts.get(i).length();
                }
                return Tensor.of(rows, texts.size(), 2);
            }

            @Override public List<TokenVectors> tokens(List<String> texts) { throw new UnsupportedOperationException(); }
        };
        try (var store = VectorStore.open(folder, new VectorStoreOptions(2).withMetric(VectorMetric.L2))) {
            var texts = new TextStore(store, encoder);
            texts.upsert(Map.of("a", "four", "b", "seventh"));
            texts.upsert("c", "three", Map.of("lang", "en"));
            assertThat(texts.search("12345", 2, PayloadFilter.ALL)).extracting(StoreHit::id).containsExactly("c", "a");
            assertThat(texts.search("12345", 2, PayloadFilter.not(PayloadFilter.exists("lang")))).first()
                    .satisfies(h -> assertThat(h.payload()).containsEntry(TextStore.TEXT, "four"));
        }
        try (var other = VectorStore.open(folder.resolve("other"), new VectorStoreOptions(3))) {
            assertThatThrownBy(() -> new TextStore(other, encoder)).hasMessageContaining("of 3 numbers, the encoder gives 2");
        }
    }
}
