package lyceum.train.regime;
import java.util.*;
import lyceum.nn.*;
import lyceum.nn.loss.Loss;
import lyceum.optim.*;
import lyceum.progress.Progress;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.train.Trainer;
import org.junit.jupiter.api.Test;
class TryTest {
    static double mse(MetaLearner l, Mlp net, int steps) {
        double sum = 0;
        for (int i = 0; i < 200; i++) {
            var task = MetaTask.sinusoids(5, 100).draw(Rng.of(99).split(i));
            sum += Loss.mse(l.adapt(net, Loss::mse, task.supportX(), task.supportY(), steps).forward(task.queryX()), task.queryY()).item() / 200;
        }
        return sum;
    }
    @Test void maml() {
        for (int steps : new int[] {1000, 3000}) {
        long t0 = System.nanoTime();
        var pre = new Mlp(MlpConfig.regressor(1, 1, 40, 40), Rng.of(1));
        var joint = new MetaLearner(MetaLearner.Method.REPTILE, 0.01, 1);
        joint.fit(pre, Loss::mse, MetaTask.sinusoids(5, 10), steps, Rng.of(2), Progress.SILENT);
        System.out.println("joint " + (System.nanoTime() - t0) / 1e9);
        for (double a : new double[] {0.01, 0.02}) System.out.println("pre " + a + " " + mse(joint.withInnerRate(a), pre, 0) + " " + mse(joint.withInnerRate(a), pre, 1) + " " + mse(joint.withInnerRate(a), pre, 10));
        for (double a : new double[] {0.01, 0.02}) for (var m : List.of(MetaLearner.Method.MAML, MetaLearner.Method.FIRST_ORDER, MetaLearner.Method.REPTILE)) {
            t0 = System.nanoTime();
            var net = new Mlp(MlpConfig.regressor(1, 1, 40, 40), Rng.of(1));
            var l = new MetaLearner(m, a, m == MetaLearner.Method.REPTILE ? 10 : 1);
            l.fit(net, Loss::mse, MetaTask.sinusoids(5, 10), steps, Rng.of(2), Progress.SILENT);
            System.out.println(m + " " + a + " " + mse(l, net, 0) + " " + mse(l, net, 1) + " " + mse(l, net, 10) + " s " + (System.nanoTime() - t0) / 1e9);
        }}
    }
    @Test void parity() {
        var test = Parity.of(40, 40, 1000, Rng.of(77));
        int each = 200;
        for (int units : new int[] {16, 32}) for (double rate : new double[] {0.003, 0.01}) for (int steps : new int[] {1200}) {
            var data = Parity.of(2, 40, each, Rng.of(5));
            int n = data.lengths.length, epochs = steps * 64 / n;
            var s = new StringBuilder();
            long t0 = System.nanoTime();
            for (int seed = 1; seed <= 2; seed++) {
                for (String kind : List.of("direct", "easy", "uniform", "hard")) {
                    var reader = new Parity.Reader(units, Rng.of(seed));
                    var own = kind.equals("direct") ? Parity.of(40, 40, n, Rng.of(6)) : data;
                    var c = new Curriculum(kind.equals("uniform") || kind.equals("direct") ? Pacing.all() : Pacing.linear(0.03), (long) (0.7 * steps), Difficulty.length(own.lengths));
                    if (kind.equals("hard")) c = c.reversed();
                    c.start(new Trainer(new Adam(rate), epochs).withBatchSize(64).withClip(Clip.norm(1)), reader, own.loss(reader), null, Rng.of(50 + seed)).finish(Progress.SILENT);
                    s.append(String.format("%s %.3f ", kind, test.accuracy(reader)));
                    if (seed > 1 && kind.equals("easy")) break;
                }
            }
            System.out.println("units " + units + " rate " + rate + " steps " + steps + " " + s + (System.nanoTime() - t0) / 1e9);
        }
    }
}
