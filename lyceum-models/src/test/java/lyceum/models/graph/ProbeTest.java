package lyceum.models.graph;
import lyceum.progress.Progress;
import lyceum.random.Rng;
import org.junit.jupiter.api.Test;
class ProbeTest {
    static void go(AlignmentTask task, AlgorithmicAlignment.Network kind, int samples, int steps, double rate, int width, int rounds) {
        long t = System.nanoTime();
        double a = new AlgorithmicAlignment(task).withSteps(steps).withRate(rate).withWidth(width).withRounds(rounds).accuracy(kind, samples, Rng.of(1), Progress.SILENT);
        System.err.println(task + " " + kind + " " + samples + " steps " + steps + " rate " + rate + " width " + width + " rounds " + rounds + ": " + a + " " + (System.nanoTime() - t) / 1000000 + " ms");
        try { java.nio.file.Files.writeString(java.nio.file.Path.of("/tmp/vg/live.log"), task + " " + kind + " " + samples + " steps " + steps + " rate " + rate + " width " + width + " rounds " + rounds + ": " + a + " " + (System.nanoTime() - t) / 1000000 + " ms\n", java.nio.file.StandardOpenOption.CREATE, java.nio.file.StandardOpenOption.APPEND); } catch (java.io.IOException e) { throw new java.io.UncheckedIOException(e); }
    }
    @Test void probe() {
        var G = AlgorithmicAlignment.Network.GNN; var D = AlgorithmicAlignment.Network.DEEP_SETS; var M = AlgorithmicAlignment.Network.MLP;
        go(AlignmentTask.SUM, D, 400, 800, 1e-2, 32, 1);
        go(AlignmentTask.SUM, M, 400, 800, 1e-2, 32, 1);
        go(AlignmentTask.PAIRS, G, 100, 800, 1e-2, 32, 1);
        go(AlignmentTask.PAIRS, G, 200, 800, 1e-2, 32, 1);
        go(AlignmentTask.PAIRS, D, 200, 800, 1e-2, 32, 1);
        go(AlignmentTask.SHORTEST_PATH, G, 2000, 3000, 1e-2, 16, 5);
        go(AlignmentTask.SHORTEST_PATH, G, 2000, 3000, 5e-3, 24, 4);
    }
}
