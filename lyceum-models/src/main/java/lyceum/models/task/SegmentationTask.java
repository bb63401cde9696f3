package lyceum.models.task;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import lyceum.data.labelled.MaskFolder;
import lyceum.memory.Scope;
import lyceum.models.SavedModel;
import lyceum.models.ready.Letterbox;
import lyceum.models.vision.UNet;
import lyceum.models.vision.UNetConfig;
import lyceum.models.vision.segment.SemanticScore;
import lyceum.nn.Pass;
import lyceum.nn.loss.CrossEntropy;
import lyceum.progress.Progress;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.train.BatchLoss;
import lyceum.train.TrainingRun;
import lyceum.train.task.TrainingSettings;
import lyceum.train.task.TrainingTask;

/**
 * {@code task: segmentation}: a class for each pixel, by a {@link UNet}.
 *
 * <table>
 * <caption>Its names</caption>
 * <tr><td>{@code data.masks}</td><td>a folder with {@code images}, {@code masks} and {@code classes.txt} ({@link MaskFolder})</td></tr>
 * <tr><td>{@code data.validation}</td><td>the share of pictures that is held out, 0.1</td></tr>
 * <tr><td>{@code data.side}</td><td>of the square that the network sees, a multiple of {@code 2^(levels - 1)}; the first picture's longer side, at most 256</td></tr>
 * <tr><td>{@code data.damaged}</td><td>fatal, or skip: all pictures and masks are read once, and each damaged one is named; fatal</td></tr>
 * <tr><td>{@code data.flip}</td><td>whether half of the pictures are learned mirrored; true</td></tr>
 * <tr><td>{@code model.widths}</td><td>channels of each level, the finest first: [16, 32, 64]</td></tr>
 * </table>
 */
public final class SegmentationTask implements TrainingTask {
    private static final int JUDGED = 16, LARGEST = 256;

    @Override public String name() { return "segmentation"; }

    @Override public String description() { return "a class for each pixel: pictures with masks"; }

    @Override public Prepared prepare(TrainingSettings settings, Path out, Rng rng, Progress progress) throws IOException {
        var data = settings.section("data");
        var damaged = Damaged.of(data);
        var folder = MaskFolder.of(data.path("masks"), damaged::met);
        int[] readable = damaged.readable(folder.size(), "pictures", folder::load);
        boolean flips = data.flag("flip", true);
        var rows = Rows.of(data, readable, rng.split(1));
        var model = settings.section("model");
        UNetConfig config;
        try {
            config = UNetConfig.padded(3, folder.classes().size(), model.wholes("widths", List.of(16, 32, 64), 1).toArray(Integer[]::new));
        } catch (IllegalArgumentException e) {
            throw model.wrong("widths", e.getMessage());
        }
        var first = folder.load(readable[0]).picture();
        int stride = 1 << config.widths().size() - 1;
        int side = data.whole("side", (Math.min(LARGEST, Math.max(first.width(), first.height())) + stride - 1) / stride * stride, 1);
        if (side % stride != 0)
            throw data.wrong("side", "it is a multiple of " + stride + ", for " + config.widths().size() + " levels; it is " + side);
        var letterbox = new Letterbox(side);
        var net = new UNet(config, rng.split(2));
        var saved = new SavedModel(net, config);
        folder.classes().forEach(saved.notes().putArray("labels")::add);
        letterbox.note(saved);
        var shown = new Shown(folder, letterbox);
        BatchLoss loss = (some, pass) -> {
            var stream = flips && pass.isTraining() && pass.rng() != null ? pass.rng().split(1) : null;
            var seen = Rows.read(rows.learned(some), Item[]::new,
                    row -> stream != null && stream.split(row).nextDouble() < 0.5 ? shown.at(row).mirrored(side) : shown.at(row));
            var kinds = new long[seen.length * side * side];
            for (int i = 0; i < seen.length; i++) for (int k = 0; k < side * side; k++) kinds[i * side * side + k] = seen[i].kinds[k];
            return new CrossEntropy().withIgnoreIndex(MaskFolder.VOID).of(net.forward(pictures(seen), pass),
                    Tensor.of(kinds).reshape(seen.length, side, side));
        };
        var told = new ArrayList<String>();
        told.add(rows.told("pictures") + ", " + folder.classes().size() + " classes, seen as " + side + " x " + side);
        told.addAll(damaged.named());
        return new Ready(saved, rows.learned().length, loss, i -> folder.pictures().get(rows.learned()[i]).toString(),
                rows.held().length == 0 ? null : () -> judged(net, shown, folder.classes(), rows.held()), told, null);
    }

    private record Item(Tensor picture, int[] kinds) {
        Item mirrored(int side) {
            var other = new int[kinds.length];
            for (int i = 0; i < other.length; i++) other[i] = kinds[i - i % side + side - 1 - i % side];
            return new Item(picture.flip(2), other);
        }
    }

    private record Shown(MaskFolder folder, Letterbox letterbox) {
        Item at(int row) {
            var one = folder.load(row);
            return new Item(letterbox.fitted(one.picture()),
                    letterbox.fitted(one.kinds(), one.picture().height(), one.picture().width(), MaskFolder.VOID));
        }
    }

    private static Tensor pictures(Item... items) {
        var all = new Tensor[items.length];
        for (int i = 0; i < all.length; i++) all[i] = items[i].picture;
        return Tensor.stack(0, all);
    }

    private static TrainingRun.Evaluated judged(UNet net, Shown shown, List<String> classes, int... rows) {
        var score = new SemanticScore(classes.size());
        for (int from = 0; from < rows.length; from += JUDGED) try (var scope = Scope.open("pictures to judge")) {
            var items = Rows.read(Arrays.copyOfRange(rows, from, Math.min(rows.length, from + JUDGED)), Item[]::new, shown::at);
            var found = net.forward(pictures(items), Pass.inference()).argmax(1);
            for (int i = 0; i < items.length; i++) score.add(found.select(0, i).toIntArray(), items[i].kinds);
        }
        return Ready.evaluated(1 - score.mean(), "mIoU", score.mean(), "pixels right", score.accuracy());
    }
}
