package lyceum.models.task;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.SequencedMap;
import lyceum.data.Datasets;
import lyceum.data.Split;
import lyceum.data.augment.Augment;
import lyceum.data.augment.ImageAugment;
import lyceum.data.augment.RandAugment;
import lyceum.data.augment.Raster;
import lyceum.data.imagenet.Preprocessing;
import lyceum.models.Architectures;
import lyceum.models.SavedModel;
import lyceum.models.ready.PictureModel;
import lyceum.models.vision.ConvNetConfig;
import lyceum.models.vision.ResNetConfig;
import lyceum.models.vision.VisionTransformerConfig;
import lyceum.nn.ConfigJson;
import lyceum.nn.Module;
import lyceum.nn.loss.CrossEntropy;
import lyceum.progress.Progress;
import lyceum.random.Rng;
import lyceum.train.BatchLoss;
import lyceum.train.TrainingRun;
import lyceum.train.task.TrainingSettings;
import lyceum.train.task.TrainingTask;
import tools.jackson.databind.node.ObjectNode;

/**
 * {@code task: images}: classes of pictures.
 *
 * <table>
 * <caption>Its names</caption>
 * <tr><td>{@code data.train}</td><td>a folder with a folder of pictures a class</td></tr>
 * <tr><td>{@code data.set}</td><td>instead: fashion-mnist or digits</td></tr>
 * <tr><td>{@code data.validation}</td><td>a folder, or the share of the training pictures that is held out: each epoch is judged by them</td></tr>
 * <tr><td>{@code data.test}</td><td>a folder that is judged once, in the end</td></tr>
 * <tr><td>{@code data.size}</td><td>side of the square that the network sees; that of the first picture by default, 224 where it is larger than 64</td></tr>
 * <tr><td>{@code data.channels}</td><td>3, or 1 for grey; 3 for a folder</td></tr>
 * <tr><td>{@code data.rows}</td><td>learn from so many pictures, drawn at random</td></tr>
 * <tr><td>{@code data.damaged}</td><td>fatal, or skip: all are read once, and each is named; fatal</td></tr>
 * <tr><td>{@code data.augment}</td><td>flip, shift N, part LEAST, turn DEGREES, colour AMOUNT, erase LOW HIGH, rand CHANGES STRENGTH: a list</td></tr>
 * <tr><td>{@code model.architecture}</td><td>ConvNet, ResNet or VisionTransformer; ConvNet</td></tr>
 * <tr><td>{@code model.from}</td><td>instead: a trained folder to go on from, whose architecture, pictures' size and normalisation stay; only the head is new</td></tr>
 * <tr><td>{@code model}</td><td>components of the architecture's configuration, such as {@link ConvNetConfig}'s widths</td></tr>
 * <tr><td>{@code loss.labelSmoothing}</td><td>0 by default</td></tr>
 * </table>
 */
public final class ImageTask implements TrainingTask {
    private static final int MEASURED = 1000, SMALL = 64;

    @Override public String name() { return "images"; }

    @Override public String description() { return "classes of pictures: a folder with a folder a class"; }

    private record Sets(PictureSet train, PictureSet validation, PictureSet test, int channels) {}

    @Override public Prepared prepare(TrainingSettings settings, Path out, Rng rng, Progress progress) throws IOException {
        var data = settings.section("data");
        var damaged = Damaged.of(data);
        var sets = sets(data, damaged, rng.split(1));
        var section = settings.section("model");
        var before = section.has("from") ? SavedModel.load(section.path("from")) : null;
        var as = before == null ? null : PictureModel.preprocessing(before);
        int side = data.whole("size", as == null ? 0 : as.crop(), 1);
        if (as != null && (side != as.crop() || sets.channels != as.mean().length))
            throw data.wrong("size", "the network that it goes on from sees " + as.mean().length + " x " + as.crop() + " x " + as.crop()
                    + ", not " + sets.channels + " x " + side + " x " + side);
        if (side == 0) {
            var first = sets.train.read(0);
            int shorter = Math.min(first.height(), first.width());
            side = shorter <= SMALL ? shorter : 224;
        }
        var preprocessing = as != null ? as : measured(sets, side, rng.split(2));
        var told = new ArrayList<String>();
        var saved = before == null ? model(section, sets, side, rng.split(3)) : from(section, before, sets, rng.split(3), told);
        told.addAll(damaged.named());
        sets.train.classes().forEach(saved.notes().putArray("labels")::add);
        note(saved.notes(), preprocessing);
        var model = saved.model();
        var loss = new CrossEntropy().withLabelSmoothing(settings.section("loss").number("labelSmoothing", 0, 0, 1));
        double part = 0;
        Augment<Raster> augment = Augment.none();
        for (var words : data.texts("augment")) {
            if (words.startsWith("part ")) part = part(data, words);
            else augment = augment.then(augment(data, words));
        }
        var train = new Pictures(sets.train, model, loss, preprocessing, part, augment);
        return new Ready(saved, train, judged(sets.validation, train), judged(sets.test, train), sets.channels, told);
    }

    private static Pictures judged(PictureSet set, Pictures train) { return set == null ? null : train.of(set); }

    private static PictureSet folder(TrainingSettings data, String name, List<String> classes, Damaged damaged) throws IOException {
        return PictureSet.of(data.path(name), classes).readable(damaged);
    }

    private static Sets sets(TrainingSettings data, Damaged damaged, Rng rng) throws IOException {
        PictureSet train, validation = null, test = null;
        int channels;
        if (data.has("set")) {
            if (data.has("train")) throw data.wrong("train", "it says set and train; one of them is meant");
            boolean clothes = data.oneOf("set", "", "fashion-mnist", "digits").equals("fashion-mnist");
            channels = 1;
            if (clothes) {
                var both = Datasets.fashionMnist();
                train = PictureSet.of(both.train());
                test = PictureSet.of(both.test());
            } else {
                var digits = Datasets.digits();
                var parts = Split.stratified(digits.withX(digits.x().reshape(-1, 8, 8).div(16)), Rng.of(0), 0.8, 0.2);
                train = PictureSet.of(parts.get(0));
                test = PictureSet.of(parts.get(1));
            }
        } else {
            channels = data.whole("channels", 3, 1);
            if (channels != 1 && channels != 3) throw data.wrong("channels", "it is 1 or 3; it is " + channels);
            train = folder(data, "train", null, damaged);
            if (data.has("test")) test = folder(data, "test", train.classes(), damaged);
        }
        if (data.has("validation") && data.json().path("validation").isString())
            validation = folder(data, "validation", train.classes(), damaged);
        else if (data.has("validation")) {
            if (train.size() < 2) throw data.wrong("validation", "there is one picture to learn from, and none to hold out");
            var parts = train.parted(data.number("validation", 0, 1e-6, 0.999999), rng.split(1));
            validation = parts[0];
            train = parts[1];
        }
        return new Sets(train.limited(data.whole("rows", Integer.MAX_VALUE, 1), rng.split(2)), validation, test, channels);
    }

    /** The side, and the mean and deviation of each channel over the first of the training pictures in an order of chance. */
    private static Preprocessing measured(Sets sets, int side, Rng rng) {
        var plain = new Preprocessing(side, side, new float[sets.channels], ones(sets.channels));
        var pictures = new Pictures(sets.train.limited(MEASURED, rng), null, null, plain, 0, Augment.none());
        var moments = pictures.moments();
        return new Preprocessing(side, side, moments[0], moments[1]);
    }

    private static float[] ones(int n) {
        var ones = new float[n];
        Arrays.fill(ones, 1);
        return ones;
    }

    /** What each of these architectures is, where the file says no more. */
    private static Record usual(String architecture, int channels, int side, int classes) {
        return switch (architecture) {
            case "ConvNet" -> new ConvNetConfig(channels, side, side, List.of(32, 64, 128), classes);
            case "ResNet" -> (side <= SMALL ? ResNetConfig.cifar(20) : ResNetConfig.resnet18()).withChannels(channels).withClasses(classes);
            default -> new VisionTransformerConfig(side, patch(side), channels, 192, 6, 3).withClasses(classes);
        };
    }

    /** An eighth of a small side, 16 of a large one, or the next that fills the side. */
    private static int patch(int side) {
        int patch = side <= SMALL ? Math.max(1, side / 8) : 16;
        while (side % patch != 0) patch++;
        return patch;
    }

    private static SavedModel model(TrainingSettings model, Sets sets, int side, Rng rng) {
        var name = model.oneOf("architecture", "ConvNet", "ConvNet", "ResNet", "VisionTransformer");
        var seen = name.equals("ConvNet") ? new String[] {"channels", "height", "width", "classes"}
                : new String[] {"channels", "imageHeight", "imageWidth", "classes"}; // what the pictures say, and no file
        try {
            var config = model.record(usual(name, sets.channels, side, sets.train.classes().size()), seen);
            return new SavedModel(Architectures.named(name).build(config, rng), config);
        } catch (IllegalArgumentException e) {
            throw model.wrong("architecture", e.getMessage());
        }
    }

    /** A trained network with as many classes as there are now, whose head begins anew where they are not those of before, in their order. */
    private static SavedModel from(TrainingSettings model, SavedModel before, Sets sets, Rng rng, List<String> told) {
        var json = ConfigJson.write(before.config());
        if (!json.has("classes")) throw model.wrong("from", "a " + before.architecture().name() + " has no classes to learn");
        json.put("classes", sets.train.classes().size());
        var config = ConfigJson.read(json, before.config().getClass());
        var saved = new SavedModel(before.architecture().build(config, rng), config);
        var classes = sets.train.classes();
        told.addAll(Beginnings.taken(before.model(), saved.model(), model.path("from"),
                before.notes().has("labels") ? before.texts("labels") : classes, classes, () -> {
                    json.put("classes", classes.size() + 1);
                    return before.architecture().build(ConfigJson.read(json, before.config().getClass()), rng);
                }));
        return saved;
    }

    private static double part(TrainingSettings data, String words) {
        double least = numbers(data, words, 1)[0];
        if (!(least > 0 && least <= 1)) throw data.wrong("augment", "part is a share above 0, at most 1; it is " + words);
        return least;
    }

    private static Augment<Raster> augment(TrainingSettings data, String words) {
        try {
            return switch (words.split(" ")[0]) {
                case "flip" -> {
                    numbers(data, words, 0);
                    yield ImageAugment.flip();
                }
                case "shift" -> ImageAugment.shift((int) numbers(data, words, 1)[0]);
                case "turn" -> ImageAugment.affine(numbers(data, words, 1)[0], 0, 0, 0);
                case "colour" -> {
                    double a = numbers(data, words, 1)[0];
                    yield ImageAugment.colour(a, a, a, Math.min(0.5, a / 4));
                }
                case "erase" -> ImageAugment.erase(numbers(data, words, 2)[0], numbers(data, words, 2)[1]);
                case "rand" -> new RandAugment((int) numbers(data, words, 2)[0], (int) numbers(data, words, 2)[1]);
                default ->
                        throw data.wrong("augment", "there are flip, shift N, part LEAST, turn DEGREES, colour AMOUNT, erase LOW HIGH and "
                                + "rand CHANGES STRENGTH; one is " + words);
            };
        } catch (IllegalArgumentException e) {
            throw data.wrong("augment", e.getMessage());
        }
    }

    /** The numbers behind the first word of {@code augment}. */
    static double[] numbers(TrainingSettings data, String words, int count) {
        var parts = words.strip().split("\\s+");
        var numbers = new double[parts.length - 1];
        try {
            for (int i = 0; i < numbers.length; i++) numbers[i] = Double.parseDouble(parts[i + 1]);
        } catch (NumberFormatException e) {
            throw data.wrong("augment", words + " has something else than numbers behind the first word");
        }
        if (numbers.length != count) throw data.wrong("augment", parts[0] + " has " + count + " numbers behind it; it is " + words);
        return numbers;
    }

    /** How pictures are made ready for the network, beside its configuration. */
    private static void note(ObjectNode notes, Preprocessing preprocessing) {
        notes.put("resize", preprocessing.resize()).put("crop", preprocessing.crop());
        var mean = notes.putArray("mean");
        for (float m : preprocessing.mean()) mean.add(m);
        var deviation = notes.putArray("deviation");
        for (float d : preprocessing.deviation()) deviation.add(d);
    }

    private record Ready(SavedModel saved, Pictures train, Pictures validation, Pictures tested, int channels, List<String> told)
            implements Prepared {
        @Override public Module model() { return saved.model(); }

        @Override public int rows() { return train.size(); }

        @Override public BatchLoss loss() { return train; }

        @Override public List<String> classes() { return saved.texts("labels"); }

        @Override public boolean holdsOut() { return validation != null; }

        @Override public TrainingRun.Evaluated evaluate() { return validation.evaluate(); }

        @Override public SequencedMap<String, Double> test() {
            return tested == null ? new LinkedHashMap<>() : tested.evaluate().metrics();
        }

        @Override public List<String> summary() {
            var lines = new ArrayList<String>();
            lines.add(String.format(Locale.ROOT, "%,d pictures of %d classes, seen as %d x %d x %d%s%s", train.size(), train.classes(),
                    channels, train.side(), train.side(), held(validation, "to judge epochs by"), held(tested, "to test")));
            lines.add(String.format(Locale.ROOT, "%s of %,d parameters", saved.architecture().name(), model().parameterCount()));
            lines.addAll(told);
            return lines;
        }

        private static String held(Pictures set, String why) {
            return set == null ? "" : String.format(Locale.ROOT, "; %,d %s", set.size(), why);
        }

        @Override public void write(Path folder) throws IOException { saved.save(folder); }
    }
}
