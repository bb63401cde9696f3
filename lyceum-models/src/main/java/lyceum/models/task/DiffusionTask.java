package lyceum.models.task;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;
import lyceum.data.labelled.FileTexts;
import lyceum.memory.Scope;
import lyceum.models.SavedModel;
import lyceum.models.generative.diffusion.ConditionDropout;
import lyceum.models.generative.diffusion.FlowMatching;
import lyceum.models.multimodal.CaptionPainter;
import lyceum.models.multimodal.CaptionPainterConfig;
import lyceum.models.ready.Letterbox;
import lyceum.models.ready.PainterModel;
import lyceum.nn.Pass;
import lyceum.progress.Progress;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.train.BatchLoss;
import lyceum.train.TrainingRun;
import lyceum.train.task.TrainingSettings;
import lyceum.train.task.TrainingTask;

/**
 * {@code task: diffusion}: pictures from captions, by a {@link CaptionPainter}.
 *
 * <table>
 * <caption>Its names</caption>
 * <tr><td>{@code data.pictures}</td><td>a folder or JSON lines of pictures with captions ({@link FileTexts#ofPictures}); without captions pictures are drawn from nothing</td></tr>
 * <tr><td>{@code data.validation}</td><td>the share of pictures that is held out, 0.1</td></tr>
 * <tr><td>{@code data.damaged}</td><td>fatal, or skip: all pictures are read once, and each damaged one is named; fatal</td></tr>
 * <tr><td>{@code data.side}</td><td>of the pictures that are drawn, a multiple of 4; 32</td></tr>
 * <tr><td>{@code data.dropped}</td><td>share of captions that are left out while learning, for guidance; 0.1</td></tr>
 * <tr><td>{@code model.width}</td><td>channels of the finest of three levels, 24</td></tr>
 * </table>
 */
public final class DiffusionTask implements TrainingTask {
    private static final int JUDGED = 32;

    @Override public String name() { return "diffusion"; }

    @Override public String description() { return "pictures from captions: a folder of pictures"; }

    @Override public Prepared prepare(TrainingSettings settings, Path out, Rng rng, Progress progress) throws IOException {
        var data = settings.section("data");
        var damaged = Damaged.of(data);
        var pictures = readable(FileTexts.ofPictures(data.path("pictures"), damaged::met), damaged);
        data.reads(pictures.files());
        int side = data.whole("side", 32, 4);
        double dropped = data.number("dropped", 0.1, 0, 0.9);
        var rows = Rows.of(data, pictures.size(), rng.split(1));
        var words = PainterModel.words(pictures.texts());
        var reader = PainterModel.reader(words);
        var model = settings.section("model");
        CaptionPainterConfig config;
        try {
            config = CaptionPainterConfig.small(side, model.whole("width", 24, 4), words.size() + 3);
        } catch (IllegalArgumentException e) {
            throw data.wrong("side", e.getMessage());
        }
        var painter = new CaptionPainter(config, rng.split(2));
        var saved = new SavedModel(painter, config);
        words.forEach(saved.notes().putArray("words")::add);
        saved.notes().put("dropped", dropped);
        var letterbox = new Letterbox(side);
        var ids = painter.ids(pictures.texts(), reader).compute();
        var dropout = new ConditionDropout(dropped, painter.ids(List.of(""), reader).get(0).compute());
        BatchLoss loss = (some, pass) -> {
            int[] own = rows.learned(some);
            var condition = ids.rows(own);
            if (dropped > 0 && pass.rng() != null) condition = dropout.apply(condition, pass.rng().split(1));
            return new FlowMatching().loss(painter, seen(pictures, letterbox, own), condition, pass);
        };
        var told = told(
                rows.told("pictures") + ", drawn as " + side + " x " + side
                        + (words.isEmpty() ? ", without captions" : ", captions of " + words.size() + " words"),
                pictures.texts(), reader, config.text().positions());
        told.addAll(damaged.named());
        return new Ready(saved, rows.learned().length, loss, i -> pictures.files().get(rows.learned()[i]).toString(),
                rows.held().length == 0 ? null : () -> judged(painter, pictures, letterbox, ids, rows.held()), told, null);
    }

    /** What was read, and of how many captions the end is not. */
    static List<String> told(String what, List<String> captions, Function<String, int[]> reader, int positions) {
        long cut = captions.stream().filter(caption -> reader.apply(caption).length > positions).count();
        var lines = new ArrayList<>(List.of(what));
        if (cut > 0) lines.add(String.format(Locale.ROOT, "%,d captions are cut: of each, %d words are read", cut, positions - 2));
        return lines;
    }

    /** Those whose pictures can be read, as the policy says: the words are those of their texts. */
    static FileTexts readable(FileTexts all, Damaged damaged) {
        int[] kept = damaged.readable(all.size(), "pictures", all::picture);
        return new FileTexts(Arrays.stream(kept).mapToObj(all.files()::get).toList(),
                Arrays.stream(kept).mapToObj(all.texts()::get).toList());
    }

    private static Tensor seen(FileTexts pictures, Letterbox letterbox, int... rows) {
        return Tensor.stack(0, Rows.read(rows, Tensor[]::new, row -> letterbox.fitted(pictures.picture(row))));
    }

    /** The same times and noise at every call, so that scores can be compared. */
    private static TrainingRun.Evaluated judged(CaptionPainter painter, FileTexts pictures, Letterbox letterbox, Tensor ids, int... rows) {
        double sum = 0;
        var rng = Rng.of(1);
        for (int from = 0; from < rows.length; from += JUDGED) try (var scope = Scope.open("pictures to judge")) {
            int[] own = Arrays.copyOfRange(rows, from, Math.min(rows.length, from + JUDGED));
            var x = seen(pictures, letterbox, own);
            var stream = rng.split(from);
            Tensor noise = Tensor.randn(stream, x.shape().toArray()), t = Tensor.rand(stream, x.size(0));
            sum += own.length * new FlowMatching().loss(painter, noise, x, t, ids.rows(own), Pass.inference()).item();
        }
        return Ready.evaluated(sum / rows.length);
    }
}
