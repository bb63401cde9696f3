package lyceum.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import lyceum.labs.catalogue.LedgerFolder;
import lyceum.testing.AcceptanceFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AcceptanceSuiteTest {
    @Test void whatWasMeasuredStandsWhereTheLedgerTakesIt(@TempDir Path root) throws IOException {
        var ledger = LedgerFolder.of(root);
        var target = Files.createDirectories(root.resolve("lyceum-bench/target"));
        Files.createDirectories(ledger.folder());
        var rows = new AcceptanceSuite(root, row -> {}).run(32);
        var seen = AcceptanceFile.read(target.resolve("acceptance.jsonl"));
        assertThat(seen).hasSize(1).first().satisfies(r -> {
            assertThat(r.topic()).isEqualTo("cholesky");
            assertThat(r.clause()).isEqualTo(5);
            assertThat(r.test()).isEqualTo("bench:cholesky");
            assertThat(r.measured().getFirst().value()).isEqualTo(rows.getFirst().ours());
            assertThat(r.holds()).isEqualTo(rows.getFirst().ours() <= 0.75);
        });
        assertThat(ledger.read().of("cholesky")).hasSize(1).first().satisfies(e -> {
            assertThat(e.test()).isEqualTo("bench:cholesky");
            assertThat(e.value()).startsWith("ratio ");
            assertThat(e.commit()).isEqualTo("unknown");
        });
    }
}
