package lyceum.models.graph;
import lyceum.progress.Progress;
import lyceum.random.Rng;
import org.junit.jupiter.api.Test;
class ProbeTest {
    static void go(AlignmentTask task, AlgorithmicAlignment.Network kind, int samples, int steps, double rate, int width) {
        long t = System.nanoTime();
        double a = new AlgorithmicAlignment(task).withSteps(steps).withRate(rate).withWidth(width).accuracy(kind, samples, Rng.of(1), Progress.SILENT);
        System.out.println(task + " " + kind + " " + samples + " steps " + steps + " rate " + rate + " width " + width + ": " + a + " " + (System.nanoTime() - t) / 1000000 + " ms");
    }
    @Test void probe() {
        var G = AlgorithmicAlignment.Network.GNN; var D = AlgorithmicAlignment.Network.DEEP_SETS; var M = AlgorithmicAlignment.Network.MLP;
        go(AlignmentTask.SUM, G, 400, 800, 3e-3, 32);
        go(AlignmentTask.SUM, G, 400, 800, 1e-2, 32);
        go(AlignmentTask.PAIRS, G, 400, 2000, 5e-3, 32);
        go(AlignmentTask.PAIRS, G, 1600, 3000, 1e-2, 32);
        go(AlignmentTask.PAIRS, D, 1600, 3000, 1e-2, 32);
        go(AlignmentTask.SHORTEST_PATH, G, 400, 2500, 5e-3, 32);
        go(AlignmentTask.SHORTEST_PATH, G, 1600, 2500, 3e-3, 16);
        go(AlignmentTask.SHORTEST_PATH, M, 6400, 4000, 3e-3, 32);
    }
}
