package lyceum.models.task;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import lyceum.data.labelled.FileTexts;
import lyceum.memory.Scope;
import lyceum.models.SavedModel;
import lyceum.models.multimodal.ContrastiveVlm;
import lyceum.models.multimodal.ContrastiveVlmConfig;
import lyceum.models.multimodal.ImageTextConfig;
import lyceum.models.multimodal.ImageTextEncoder;
import lyceum.models.multimodal.VlmObjective;
import lyceum.models.ready.Letterbox;
import lyceum.models.ready.PainterModel;
import lyceum.models.text.TextTowerConfig;
import lyceum.models.vision.VisionTransformerConfig;
import lyceum.nn.Pass;
import lyceum.progress.Progress;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.train.BatchLoss;
import lyceum.train.TrainingRun;
import lyceum.train.task.TrainingSettings;
import lyceum.train.task.TrainingTask;

/**
 * {@code task: pairs}: pictures and texts in one space, by a {@link ContrastiveVlm} of CLIP's kind.
 *
 * <table>
 * <caption>Its names</caption>
 * <tr><td>{@code data.pictures}</td><td>a folder or JSON lines of pictures with captions ({@link FileTexts#ofPictures})</td></tr>
 * <tr><td>{@code data.validation}</td><td>the share of pairs that is held out, 0.1</td></tr>
 * <tr><td>{@code data.damaged}</td><td>fatal, or skip: all pictures are read once, and each damaged one is named; fatal</td></tr>
 * <tr><td>{@code data.side}</td><td>of the square that the network sees, a multiple of the patch; 32</td></tr>
 * <tr><td>{@code model}</td><td>patch 8, width 64, depth 3, heads 4, embedding 64</td></tr>
 * </table>
 */
public final class PairsTask implements TrainingTask {
    private static final int LENGTH = 16;

    @Override public String name() { return "pairs"; }

    @Override public String description() { return "pictures and texts in one space: a folder of pictures with captions"; }

    @Override public Prepared prepare(TrainingSettings settings, Path out, Rng rng, Progress progress) throws IOException {
        var data = settings.section("data");
        var damaged = Damaged.of(data);
        var pairs = DiffusionTask.readable(FileTexts.ofPictures(data.path("pictures"), damaged::met), damaged);
        data.reads(pairs.files());
        int side = data.whole("side", 32, 4);
        var rows = Rows.of(data, pairs.size(), rng.split(1));
        if (rows.learned().length < 2) throw data.wrong("pictures", "a pair is told from others; there is one");
        var training = settings.section("training");
        if (training.whole("batch", 32, 1) == 1)
            throw training.wrong("batch", "it is 1; a pair is told from the others of its batch, take 2 at least");
        var words = PainterModel.words(pairs.texts());
        if (words.isEmpty()) throw data.wrong("pictures", "they have no captions");
        var reader = PainterModel.reader(words);
        var model = settings.section("model");
        ContrastiveVlm.Plan plan;
        try {
            int width = model.whole("width", 64, 2), depth = model.whole("depth", 3, 1), heads = model.whole("heads", 4, 1);
            plan = new ContrastiveVlm.Plan(new ContrastiveVlmConfig(VlmObjective.clip()),
                    new ImageTextEncoder.Plan(new ImageTextConfig(model.whole("embedding", 64, 2)),
                            new VisionTransformerConfig(side, model.whole("patch", 8, 1), 3, width, depth, heads),
                            new TextTowerConfig(words.size() + 3, LENGTH, width, depth, heads)));
        } catch (IllegalArgumentException e) {
            throw model.wrong("width", e.getMessage());
        }
        var net = plan.build(rng.split(2));
        var saved = new SavedModel(net, plan);
        words.forEach(saved.notes().putArray("words")::add);
        var letterbox = new Letterbox(side);
        letterbox.note(saved);
        var ids = net.encoder().text().ids(pairs.texts(), reader).compute();
        BatchLoss loss = (some, pass) -> {
            net.encoder().clampScale();
            int[] own = rows.learned(some);
            return net.loss(seen(pairs, letterbox, own), ids.rows(own), pass);
        };
        var told = DiffusionTask.told(
                rows.told("pairs") + ", pictures seen as " + side + " x " + side + ", texts of " + words.size() + " words", pairs.texts(),
                reader, LENGTH);
        told.addAll(damaged.named());
        return new Ready(saved, rows.learned().length, loss, i -> pairs.files().get(rows.learned()[i]).toString(),
                rows.held().length < 2 ? null : () -> judged(net, pairs, letterbox, ids, rows.held()), told, null);
    }

    private static Tensor seen(FileTexts pairs, Letterbox letterbox, int... rows) {
        return Tensor.stack(0, Rows.read(rows, Tensor[]::new, row -> letterbox.fitted(pairs.picture(row))));
    }

    /** The share of pictures whose own text is the likeliest of the texts held out, each different text once. */
    private static TrainingRun.Evaluated judged(ContrastiveVlm net, FileTexts pairs, Letterbox letterbox, Tensor ids, int... rows) {
        var places = new HashMap<String, Integer>();
        int[] first = Arrays.stream(rows).filter(i -> places.putIfAbsent(pairs.texts().get(i), places.size()) == null).toArray();
        try (var scope = Scope.open("pairs to judge")) {
            var written = net.encoder().textVectors(ids.rows(first), 64);
            int right = 0;
            double sum = 0;
            for (int from = 0; from < rows.length; from += 64) {
                int[] own = Arrays.copyOfRange(rows, from, Math.min(rows.length, from + 64));
                var logits = net.encoder().images(seen(pairs, letterbox, own), Pass.inference()).matmul(written.transpose())
                        .mul(net.encoder().scale());
                int[] best = logits.argmax(1).toIntArray();
                double[][] logs = logits.logSoftmax(1).toRows();
                for (int i = 0; i < own.length; i++) {
                    int truth = places.get(pairs.texts().get(own[i]));
                    if (best[i] == truth) right++;
                    sum -= logs[i][truth];
                }
            }
            return Ready.evaluated(sum / rows.length, "text found", (double) right / rows.length);
        }
    }
}
