package lyceum.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.BufferedReader;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

class PeerTest {
    /** A peer that answers "hello", fails at "fail" and dies at the rest. */
    static final class Fragile {
        public static void main(String[] args) throws IOException {
            var in = new BufferedReader(new InputStreamReader(System.in));
            for (String line; (line = in.readLine()) != null;) {
                if (line.contains("\"hello\"")) System.out.println("{\"name\": \"fragile\"}");
                else if (line.contains("\"fail\"")) System.out.println("{\"error\": \"no\"}");
                else Runtime.getRuntime().halt(134);
            }
        }
    }

    @Test void anErrorIsOneOfTheCallAndADeathOneOfTheProcess() throws IOException {
        try (var peer = PeerProcess.java(Fragile.class.getName(), 1)) {
            assertThat(peer.call("hello", Map.of()).path("name").asString()).isEqualTo("fragile");
            assertThatThrownBy(() -> peer.call("fail", Map.of())).isInstanceOf(IllegalStateException.class)
                    .isNotInstanceOf(PeerProcess.Ended.class).hasMessage("no");
            assertThatThrownBy(() -> peer.call("die", Map.of())).isInstanceOf(PeerProcess.Ended.class);
        }
    }

    @Test void aPeerKnowsTheCpuAsItIs() {
        var environment = new HashMap<>(
                Map.of("OPENBLAS_CORETYPE", "Haswell", "OPENBLAS_L2_SIZE", "256", "OMP_NUM_THREADS", "8", "PATH", "/usr/bin"));
        PeerProcess.makeFair(environment, 2);
        assertThat(environment).containsExactlyInAnyOrderEntriesOf(
                Map.of("OMP_NUM_THREADS", "2", "OPENBLAS_NUM_THREADS", "2", "MKL_NUM_THREADS", "2", "PATH", "/usr/bin"));
    }

    @Test void withoutPyTorchTheLineThatInstallsItIsSaid() {
        var out = new ByteArrayOutputStream();
        var before = System.err;
        try {
            System.setErr(new PrintStream(out, true));
            System.setProperty("lyceum.python", "/bin/true");
            assertThat(Peer.pytorch(1)).isEmpty();
        } finally {
            System.setErr(before);
            System.clearProperty("lyceum.python");
        }
        assertThat(out.toString()).contains("sudo apt-get install python3-torch");
    }
}
