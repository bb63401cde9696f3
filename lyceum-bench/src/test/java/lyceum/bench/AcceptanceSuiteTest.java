package lyceum.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import lyceum.labs.catalogue.LedgerFolder;
import lyceum.llm.train.AdditionStudy;
import lyceum.testing.AcceptanceFile;
import lyceum.testing.AcceptanceRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AcceptanceSuiteTest {
    @Test void whatWasMeasuredStandsWhereTheLedgerTakesIt(@TempDir Path root) throws IOException {
        var ledger = LedgerFolder.of(root);
        var target = Files.createDirectories(root.resolve("lyceum-bench/target"));
        Files.createDirectories(ledger.folder());
        var adding = new AdditionStudy().withLearned(100).withAsked(2).withVocabulary(260).withSteps(2);
        var rows = new AcceptanceSuite(root, row -> {}).run(32, 64, new RoofClauses.Sizes(1000, 32, 16),
                new NetworkClauses.Sizes(8, 16, 64, 64, 2, 2, 64, adding));
        var seen = AcceptanceFile.read(target.resolve("acceptance.jsonl"));
        assertThat(seen).extracting(AcceptanceRecord::test).startsWith("bench:cholesky", "bench:sparsity:product", "bench:sparsity:vector",
                "bench:gpu-acceleration", "bench:dbscan", "bench:tiles:gemm", "bench:tiles:interpreter", "bench:tiles:tuner");
        assertThat(seen).extracting(AcceptanceRecord::topic)
                .filteredOn(topic -> topic.startsWith("memory-efficient") || topic.startsWith("flash")).hasSize(14);
        assertThat(seen).extracting(AcceptanceRecord::test).endsWith("bench:gemm:loops", "bench:gemm:peak", "bench:roofline:triad",
                "bench:roofline:dot", "bench:roofline:gemv", "bench:roofline:softmax", "bench:roofline:gemm", "bench:roofline:bandwidth",
                "bench:roofline:peak", "bench:arithmetic-intensity:triad", "bench:arithmetic-intensity:gemm",
                "bench:structured-pruning:channels", "bench:structured-pruning:zeros", "bench:efficient-inference",
                "bench:sparse-representation", "bench:fully-connected-layer", "bench:unstructured-pruning:many",
                "bench:unstructured-pruning:few", "bench:reversal", "bench:grokking", "bench:linear-attention:linear",
                "bench:linear-attention:softmax", "bench:sliding-window-attention:window", "bench:longformer-bigbird:longformer",
                "bench:longformer-bigbird:bigbird", "bench:hyena:long convolution", "bench:top-k-sampling:selection",
                "bench:tokenization-as-representation", "bench:serving:batching", "bench:serving:naive", "bench:trimllm",
                "bench:constrained-decoding", "bench:mamba", "bench:bpe", "bench:tokenization-pipeline");
        assertThat(seen).first().satisfies(r -> {
            assertThat(r.topic()).isEqualTo("cholesky");
            assertThat(r.clause()).isEqualTo(5);
            assertThat(r.test()).isEqualTo("bench:cholesky");
            assertThat(r.measured().getFirst().value()).isEqualTo(rows.getFirst().ours());
            assertThat(r.holds()).isEqualTo(rows.getFirst().ours() <= 0.75);
        });
        assertThat(ledger.read().of("sparsity")).hasSize(2).allSatisfy(e -> assertThat(e.clause()).isEqualTo(6));
        assertThat(ledger.read().of("gpu-acceleration")).hasSize(1).first().satisfies(e -> assertThat(e.clause()).isEqualTo(2));
        assertThat(ledger.read().of("cholesky")).hasSize(1).first().satisfies(e -> {
            assertThat(e.test()).isEqualTo("bench:cholesky");
            assertThat(e.value()).startsWith("ratio ");
            assertThat(e.commit()).isEqualTo("unknown");
        });
    }
}
