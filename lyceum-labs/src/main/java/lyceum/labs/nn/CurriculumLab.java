package lyceum.labs.nn;

import static lyceum.labs.Bounds.atLeast;
import static lyceum.labs.Bounds.atMost;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.stream.IntStream;
import lyceum.DType;
import lyceum.autograd.Autograd;
import lyceum.data.SequenceTasks;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.memory.Scope;
import lyceum.nn.Gru;
import lyceum.nn.Linear;
import lyceum.nn.Module;
import lyceum.nn.Pass;
import lyceum.nn.RnnConfig;
import lyceum.nn.loss.Loss;
import lyceum.optim.Adam;
import lyceum.optim.Clip;
import lyceum.plot.Figure;
import lyceum.plot.Plot;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.train.BatchLoss;
import lyceum.train.Trainer;
import lyceum.train.regime.Curriculum;
import lyceum.train.regime.Difficulty;
import lyceum.train.regime.Pacing;

/** Is the number of ones odd? A recurrent net that is asked about long strings alone never finds out; from short ones on it does. */
@Lab(topics = "curriculum-learning", title = "Two bits before forty")
final class CurriculumLab implements LabBody {
    @Override public void run(LabContext lab) {
        int longest = lab.param("longest string", 20, 6, 60);
        int units = lab.param("GRU units", 16, 4, 64);
        int budget = lab.param("training steps", 160, 50, 2000);
        double first = lab.param("first share", 0.05, 0.01, 1.0);
        double until = lab.param("all open after this share of training", 0.6, 0.1, 1.0);
        var kind = lab.choice("pacing", "linear", "linear", "competence", "steps");
        var pacing = kind.equals("linear") ? Pacing.linear(first) : kind.equals("steps") ? Pacing.steps(first, 5) : Pacing.competence(first);
        int each = 60, n = each * (longest - 1);
        int[] lengths = IntStream.range(0, n).map(i -> 2 + i / each).toArray(), full = IntStream.range(0, n).map(i -> longest).toArray();
        var strings = SequenceTasks.parity(lab.rng(1), n, longest);
        var test = SequenceTasks.parity(lab.rng(2), 300, longest);
        var paced = new Curriculum(pacing, Math.round(until * budget), Difficulty.length(lengths));
        var kinds = new LinkedHashMap<String, Curriculum>();
        kinds.put("short strings first", paced);
        kinds.put("long strings first", paced.reversed());
        kinds.put("random order, same pacing", paced.inRandomOrder(lab.rng(3)));
        kinds.put("longest strings only", new Curriculum(Pacing.all(), 1, new double[n]));
        Plot curves = Figure.plot("Parity of the longest strings");
        var last = new ArrayList<Double>();
        for (int k : lab.progress("orders", kinds.size())) {
            var name = List.copyOf(kinds.keySet()).get(k);
            var reader = new Reader(units, lab.rng(4));
            int[] of = name.equals("longest strings only") ? full : lengths;
            BatchLoss loss = (rows, pass) -> {
                int[] own = Arrays.stream(rows).map(r -> of[r]).toArray();
                var y = strings.y().rows(rows).gather(1, Tensor.of(Arrays.stream(own).asLongStream().map(l -> l - 1).toArray()).reshape(-1, 1));
                int most = Arrays.stream(own).max().orElseThrow();
                return Loss.bce(reader.of(strings.x().rows(rows).narrow(1, 0, most), own, pass), y.to(reader.type()));
            };
            var run = kinds.get(name).start(new Trainer(new Adam(0.01), 1000).withBatchSize(64).withClip(Clip.norm(1)), reader, loss, null,
                    lab.rng(5));
            double[] steps = new double[11], accuracy = new double[11];
            for (int point = 0; point <= 10; point++) {
                while (run.steps() < (long) budget * point / 10 && !lab.cancelled()) run.step();
                steps[point] = run.steps();
                accuracy[point] = reader.right(test);
            }
            curves = curves.line(name, steps, accuracy);
            last.add(accuracy[10]);
        }
        lab.figure(Figure.line("What is open", 0, budget, s -> paced.open((long) s) / (double) n).axes("step", "share of the strings")
                .describedAs("The share of the strings, shortest first, from which batches are drawn at each step."));
        lab.figure(curves.axes("step", "share right").limitY(0.3, 1)
                .describedAs("Accuracy on unseen strings of full length: only the order from short to long leaves one half."));
        lab.shows("short strings first: accuracy at full length", last.get(0), atLeast(0.95));
        lab.shows("longest strings only", last.get(3), atMost(0.60));
    }

    /** Reads bits, and gives the logit of odd (n, 1). */
    private static final class Reader extends Module {
        private final Gru gru;
        private final Linear head;

        Reader(int units, Rng rng) {
            gru = new Gru(new RnnConfig(1, units), rng.split(1));
            head = new Linear(units, 1, rng.split(2));
        }

        @Override protected Tensor compute(Tensor x, Pass pass) { return of(x, null, pass); }

        Tensor of(Tensor x, int[] lengths, Pass pass) { return head.forward(gru.last(gru.run(x.mul(2).sub(1), null, lengths, pass).state()), pass); }

        DType type() { return head.weight().dtype(); }

        double right(SequenceTasks.Batch test) {
            try (var scope = Scope.open("test")) {
                return Autograd.noGrad(() -> forward(test.x()).flatten().gt(0).eq(test.y().select(1, (int) test.y().size(1) - 1).gt(0.5)).to(type())
                        .mean().item());
            }
        }
    }
}
