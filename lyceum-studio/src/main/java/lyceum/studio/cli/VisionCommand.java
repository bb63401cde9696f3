package lyceum.studio.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import lyceum.FormatException;
import lyceum.data.augment.Raster;
import lyceum.data.imagenet.ImageFolder;
import lyceum.format.Safetensors;
import lyceum.models.ready.Overlay;
import lyceum.models.ready.PictureModel;
import lyceum.tensor.Tensor;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** {@code lyceum vision}: a trained model on pictures. */
@Command(name = "vision", description = "Use a trained model on pictures.", synopsisSubcommandLabel = "COMMAND",
        subcommands = {VisionCommand.Classify.class, VisionCommand.Detect.class, VisionCommand.Segment.class, VisionCommand.Embed.class})
final class VisionCommand implements Callable<Integer> {
    @ParentCommand private LyceumCommand lyceum;

    @Spec private CommandSpec spec;

    @Override public Integer call() {
        throw new ParameterException(spec.commandLine(), "Choose one of classify, detect, segment or embed");
    }

    /** What all of them do: read each picture, tell what the model says, as text or as JSON. */
    abstract static class OnPictures implements Callable<Integer> {
        @ParentCommand VisionCommand parent;

        @Spec CommandSpec spec;

        @Parameters(index = "0", paramLabel = "MODEL", description = "A folder that lyceum train wrote.")
        private Path folder;

        @Parameters(index = "1..*", paramLabel = "IMAGE", arity = "1..*",
                description = "Pictures: JPEG, PNG, GIF or BMP.")
        List<Path> images;

        @Option(names = "--json", description = "Print a JSON list with one object per picture.") boolean json;

        @Override public Integer call() throws IOException {
            for (var image : images) FitCommand.existing(image);
            if (!Files.isDirectory(folder)) throw new IOException("there is no folder " + folder);
            var model = PictureModel.load(folder);
            var all = JsonMapper.shared().createArrayNode();
            var out = parent.lyceum.terminal().out();
            int damaged = 0;
            for (var image : images) {
                var said = JsonMapper.shared().createObjectNode().put("image", image.toString());
                all.add(said);
                Raster picture;
                try {
                    picture = ImageFolder.read(image);
                } catch (FormatException e) { // one of many; the others can be read
                    damaged++;
                    said.put("problem", e.getMessage());
                    parent.lyceum.terminal().err().println(e.getMessage());
                    continue;
                }
                for (var line : told(model, image, picture, said)) if (!json) out.println(line);
            }
            if (damaged < images.size()) ended();
            if (json) out.println(all.toPrettyString());
            if (damaged > 0 && images.size() > 1)
                parent.lyceum.terminal().err().println(damaged + " of " + images.size() + " pictures cannot be read.");
            return damaged == 0 ? LyceumCommand.DONE : LyceumCommand.FAILED;
        }

        /** Fills the object and gives lines of the same. */
        abstract List<String> told(PictureModel model, Path image, Raster picture, ObjectNode said) throws IOException;

        void ended() throws IOException {}

        void only(Path out) {
            if (out != null && images.size() > 1)
                throw new ParameterException(spec.commandLine(), "--out is for one picture; there are " + images.size());
        }
    }

    private static String number(String format, Object... values) { return String.format(Locale.ROOT, format, values); }

    /** Classes. */
    @Command(name = "classify", description = "Classify pictures: the likeliest classes of each.",
            footer = {"", "Example:", "  lyceum vision classify photos.model cat.jpg --top 3"})
    static final class Classify extends OnPictures {
        @Option(names = "--top", paramLabel = "N", defaultValue = "5", description = "How many classes, 5 by default.") private int top;

        @Override List<String> told(PictureModel model, Path image, Raster picture, ObjectNode said) {
            var lines = new ArrayList<String>();
            lines.add(image.toString());
            var classes = said.putArray("classes");
            for (var guess : model.classify(picture, Math.max(1, top))) {
                classes.addObject().put("label", guess.label()).put("probability", guess.probability());
                lines.add(number("  %5.1f%%  %s", 100 * guess.probability(), guess.label()));
            }
            return lines;
        }
    }

    /** Boxes. */
    @Command(name = "detect", description = "Find objects in pictures: classes, scores and boxes in the picture's own pixels.",
            footer = {"", "Example:", "  lyceum vision detect shapes.model a.png --out boxes.png"})
    static final class Detect extends OnPictures {
        @Option(names = "--least", paramLabel = "X", defaultValue = "0.25",
                description = "The lowest score to report, 0.25 by default.") private double least;

        @Option(names = "--out", paramLabel = "FILE", description = "A PNG of the picture with the boxes.")
        private Path out;

        @Override List<String> told(PictureModel model, Path image, Raster picture, ObjectNode said) throws IOException {
            only(out);
            var found = model.detect(picture, least);
            said.put("width", picture.width()).put("height", picture.height());
            var objects = said.putArray("objects");
            var lines = new ArrayList<String>();
            lines.add(image + ": " + (found.isEmpty() ? "no objects" : found.size() == 1 ? "1 object" : found.size() + " objects"));
            for (var f : found) {
                objects.addObject().put("label", f.label()).put("score", f.score()).putArray("box").add(f.left()).add(f.top())
                        .add(f.right()).add(f.bottom());
                lines.add(number("  %.2f  %s  left %.1f, top %.1f, right %.1f, bottom %.1f", f.score(), f.label(), f.left(), f.top(),
                        f.right(), f.bottom()));
            }
            if (out != null) {
                new Overlay(picture).boxes(found, model.labels()).write(out);
                lines.add("Written: " + out);
            }
            return lines;
        }
    }

    /** Classes of pixels. */
    @Command(name = "segment", description = "Assign a class to each pixel of a picture.", footer = {"", "Examples:",
            "  lyceum vision segment shapes.model a.png --out classes.png", "  lyceum vision segment shapes.model a.png --mask a-mask.png"})
    static final class Segment extends OnPictures {
        @Option(names = "--out", paramLabel = "FILE", description = "A PNG of the picture with its classes in colour.")
        private Path out;

        @Option(names = "--mask", paramLabel = "FILE",
                description = "A grey PNG of class numbers, as training takes them.")
        private Path mask;

        @Override List<String> told(PictureModel model, Path image, Raster picture, ObjectNode said) throws IOException {
            only(out);
            only(mask);
            var divided = model.segment(picture);
            double[] shares = divided.shares();
            var lines = new ArrayList<String>();
            lines.add(image.toString());
            said.put("width", picture.width()).put("height", picture.height());
            var told = said.putObject("shares");
            for (int kind = 0; kind < shares.length; kind++) {
                told.put(divided.labels().get(kind), shares[kind]);
                if (shares[kind] > 0) lines.add(number("  %5.1f%%  %s", 100 * shares[kind], divided.labels().get(kind)));
            }
            if (out != null) {
                new Overlay(picture).classes(divided).write(out);
                lines.add("Written: " + out);
            }
            if (mask != null) {
                ImageFolder.write(new ImageFolder.Numbers(divided.kinds(), divided.height(), divided.width()), mask);
                lines.add("Written: " + mask);
            }
            return lines;
        }
    }

    /** Vectors. */
    @Command(name = "embed", description = "Turn pictures into vectors that describe them.",
            footer = {"", "Example:", "  lyceum vision embed pairs.model *.png --out vectors.safetensors"})
    static final class Embed extends OnPictures {
        @Option(names = "--out", paramLabel = "FILE",
                description = "A safetensors file with \"vectors\" (pictures, dimensions); paths stand in its metadata.")
        private Path out;

        private final List<float[]> vectors = new ArrayList<>();
        private final List<String> seen = new ArrayList<>();

        @Override List<String> told(PictureModel model, Path image, Raster picture, ObjectNode said) {
            var vector = model.embed(picture);
            vectors.add(vector);
            seen.add(image.toString());
            var told = said.putArray("vector");
            for (float v : vector) told.add(v);
            if (out != null) return List.of();
            var line = new StringBuilder(image + ":");
            for (int i = 0; i < Math.min(8, vector.length); i++) line.append(number(" %.4f", vector[i]));
            return List.of(line + (vector.length > 8 ? " … (" + vector.length + " numbers; --json or --out has all)" : ""));
        }

        @Override void ended() throws IOException {
            if (out == null) return;
            int width = vectors.getFirst().length;
            var flat = new float[vectors.size() * width];
            for (int i = 0; i < vectors.size(); i++) System.arraycopy(vectors.get(i), 0, flat, i * width, width);
            var tensors = new LinkedHashMap<String, Tensor>();
            tensors.put("vectors", Tensor.of(flat, vectors.size(), width));
            Safetensors.write(out, tensors, Map.of("images", String.join("\n", seen)));
            if (!json) parent.lyceum.terminal().out().println(vectors.size() + " vectors of " + width + " numbers. Written: " + out);
        }
    }
}
