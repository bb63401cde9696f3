package lyceum.labs.llm;

import static lyceum.labs.Bounds.above;
import static lyceum.labs.Bounds.below;

import java.util.ArrayList;
import java.util.List;
import lyceum.autograd.Autograd;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.llm.DecoderConfig;
import lyceum.llm.MemoryTransformer;
import lyceum.llm.MemoryTransformer.Kind;
import lyceum.memory.Scope;
import lyceum.nn.Pass;
import lyceum.nn.loss.CrossEntropy;
import lyceum.optim.Adam;
import lyceum.plot.Figure;
import lyceum.plot.Plot;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/** A mark and a value in the first segment; the mark again in a later one. Who still knows the value, and what did it keep? */
@Lab(topics = "memory-transformers", title = "Notes, pages or an impression")
final class SegmentMemoryLab implements LabBody {
    private static final int VALUES = 8, MARK = 8, FILLERS = 3, SEGMENT = 8, FURTHEST = 6;
    private static final String[] NAMES = {"none", "notes (RMT)", "pages (Memorizing)", "impression (Infini)"};

    @Override public void run(LabContext lab) {
        int steps = lab.param("steps", 130, 40, 3000);
        int tokens = lab.param("memory tokens", 2, 1, 8), nearest = lab.param("nearest keys read", 8, 1, 64);
        boolean delta = lab.flag("delta rule", true);
        var kinds = new Kind[] {new Kind.None(), new Kind.Recurrent(tokens), new Kind.Neighbours(nearest, 1 << 20),
                new Kind.Compressive(delta)};
        var rows = new ArrayList<List<?>>();
        var distance = new double[FURTHEST];
        for (int d = 0; d < FURTHEST; d++) distance[d] = d;
        Plot recall = null;
        var near = new double[kinds.length];
        for (int i = 0; i < kinds.length; i++) {
            var model = trained(lab, kinds[i], steps);
            var right = new double[FURTHEST];
            for (int d = 0; d < FURTHEST; d++) right[d] = right(model, d + 1);
            near[i] = (right[1] + right[2]) / 2;
            recall = recall == null ? Figure.line("Values that are still known", distance, right).named(NAMES[i])
                    : recall.line(NAMES[i], distance, right);
            rows.add(List.of(NAMES[i], bytes(model, 4), bytes(model, 64)));
        }
        lab.figure(recall.horizontalLine(1.0 / VALUES, "chance").axes("segments between value and question", "share right").describedAs(
                "Models learned with up to three segments between; beyond that their memories have to last longer than they were taught to."));
        lab.table("Bytes held for one text", List.of("memory", "after 4 segments", "after 64 segments"), rows);
        lab.say("Pages grow with the text, notes and impression do not. Without a memory the share right is that of chance, 1 in %d.",
                VALUES);
        lab.shows("without a memory, one and two segments later: share right", near[0], below(0.3));
        lab.shows("the best memory's", Math.max(near[1], Math.max(near[2], near[3])), above(0.5));
    }

    private static long bytes(MemoryTransformer model, int segments) {
        return Autograd.noGrad(() -> {
            var memory = model.empty(1);
            for (int s = 0; s < segments; s++)
                memory = model.read(Tensor.randint(Rng.of(s), 0, MARK, 1, SEGMENT), memory, Pass.inference()).memory();
            return model.bytes(memory);
        });
    }

    private static Tensor texts(int rows, int segments, int[] answers, Rng rng) {
        int length = segments * SEGMENT;
        var ids = new int[rows * length];
        for (int r = 0; r < rows; r++) {
            for (int t = 0; t < length; t++) ids[r * length + t] = MARK + 1 + rng.nextInt(FILLERS);
            int at = r * length + rng.nextInt(SEGMENT - 2);
            ids[at] = ids[(r + 1) * length - 1] = MARK;
            ids[at + 1] = answers[r] = rng.nextInt(VALUES);
        }
        return Tensor.of(ids, rows, length);
    }

    private static MemoryTransformer trained(LabContext lab, Kind kind, int steps) {
        var config = DecoderConfig.llama(MARK + 1 + FILLERS, 64, 2, 16, 2, 2, 32).withTied(false).withDeviation(0.15);
        var model = new MemoryTransformer(config, SEGMENT, kind, lab.rng(1));
        var adam = new Adam(1e-2).over(model.parameters());
        var rng = lab.rng(2);
        for (int step : lab.progress(kind.toString(), steps)) try (var scope = Scope.open("step")) {
            adam.zeroGrad();
            var answers = new int[16];
            int segments = step < steps / 4 || step % 3 == 0 ? 1 : 2 + rng.nextInt(1 + 2 * step / steps);
            var z = model.logits(texts(16, segments, answers, rng), Pass.training(rng));
            new CrossEntropy().of(z.select(1, z.size(1) - 1), Tensor.of(answers)).backward();
            adam.step();
        }
        return model;
    }

    private static double right(MemoryTransformer model, int segments) {
        var answers = new int[100];
        var ids = texts(100, segments, answers, Rng.of(70 + segments));
        long[] said = Autograd.noGrad(() -> model.logits(ids, Pass.inference()).select(1, ids.size(1) - 1).argmax(-1).compute())
                .toLongArray();
        int right = 0;
        for (int r = 0; r < 100; r++) if (said[r] == answers[r]) right++;
        return right / 100.0;
    }
}
