package lyceum.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.BufferedReader;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

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

    private static String said(Runnable body) {
        var out = new ByteArrayOutputStream();
        var before = System.err;
        try {
            System.setErr(new PrintStream(out, true));
            body.run();
        } finally {
            System.setErr(before);
        }
        return out.toString();
    }

    @Test void withoutPyTorchTheLineThatInstallsItIsSaid() {
        System.setProperty("lyceum.python", "/bin/true");
        try {
            assertThat(said(() -> assertThat(Peer.pytorch(1)).isEmpty())).contains("sudo apt-get install python3-torch");
        } finally {
            System.clearProperty("lyceum.python");
        }
    }

    @Test void withoutItsJarsJlamaIsNotHere(@TempDir Path folder) throws IOException {
        for (var place : List.of(folder.resolve("none"), folder))
            assertThat(said(() -> assertThat(Peer.jlama(place, 1)).isEmpty())).contains("No Jlama", "profile peers");
        Files.createFile(folder.resolve("jlama-core-0.8.4.jar")); // of no classes: the process that is to answer ends
        assertThat(said(() -> assertThat(Peer.jlama(folder, 1)).isEmpty())).contains("No Jlama", "ended");
    }
}
