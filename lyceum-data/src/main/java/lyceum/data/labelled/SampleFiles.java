package lyceum.data.labelled;

import java.io.IOException;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import lyceum.data.Column;
import lyceum.data.Csv;
import lyceum.data.Frame;
import lyceum.data.augment.Raster;
import lyceum.data.imagenet.ImageFolder;
import lyceum.data.scenes.BlockGraphs;
import lyceum.data.scenes.CaptionedScenes;
import lyceum.data.scenes.ShapeScenes;
import lyceum.data.sounds.ToneWords;
import lyceum.data.sounds.Wav;
import lyceum.random.Rng;

/**
 * Small worlds as files, in the forms in which people bring their own: something to try a training on, and something to see what a form looks like. The same seed
 * writes the same bytes.
 *
 * {@snippet :
 * SampleFiles.SHAPES.write(Path.of("shapes"), 200, Rng.of(1));
 * var boxes = CocoBoxes.read(Path.of("shapes/boxes.json"), CocoBoxes.Faulty.FATAL);
 * var masks = MaskFolder.of(Path.of("shapes"));
 * }
 */
public enum SampleFiles {
    /** Discs, squares and triangles of 64 x 64: {@code images}, {@code boxes.json} (COCO), {@code masks} and {@code classes.txt}. */
    SHAPES("images, boxes.json (COCO), masks and classes.txt") {
        @Override void fill(Path folder, int n, Rng rng) throws IOException {
            var scenes = new ShapeScenes(64).withSmallest(8);
            var names = List.of("disc", "square", "triangle");
            Files.createDirectories(folder.resolve("images"));
            Files.createDirectories(folder.resolve("masks"));
            var pictures = new ArrayList<CocoBoxes.Picture>();
            for (int i = 0; i < n; i++) {
                var scene = scenes.draw(rng.split(i));
                String name = numbered(i) + ".png";
                ImageFolder.write(Raster.of(scene.picture()), folder.resolve("images").resolve(name));
                var kinds = new int[scenes.side() * scenes.side()];
                var boxes = new ArrayList<CocoBoxes.Box>();
                for (var object : scene.objects()) {
                    double[] b = object.box();
                    boxes.add(new CocoBoxes.Box(object.kind(), b[0], b[1], b[2], b[3], false));
                    for (int k = 0; k < kinds.length; k++) if (object.mask()[k]) kinds[k] = object.kind() + 1;
                }
                ImageFolder.write(new ImageFolder.Numbers(kinds, scenes.side(), scenes.side()), folder.resolve("masks").resolve(name));
                pictures.add(new CocoBoxes.Picture(name, scenes.side(), scenes.side(), boxes));
            }
            new CocoBoxes(folder.resolve("images"), pictures, names, List.of()).write(folder.resolve("boxes.json"));
            Files.writeString(folder.resolve("classes.txt"), "nothing\n" + String.join("\n", names) + "\n");
        }
    },
    /** Digits in a language of tones, two to five a clip: {@code clips} of 8 kHz and {@code speech.jsonl}. */
    SPEECH("clips and speech.jsonl") {
        @Override void fill(Path folder, int n, Rng rng) throws IOException {
            var world = new ToneWords();
            Files.createDirectories(folder.resolve("clips"));
            var files = new ArrayList<Path>();
            var texts = new ArrayList<String>();
            for (int i = 0; i < n; i++) {
                var own = rng.split(i);
                var words = new int[world.least() + own.nextInt(world.most() - world.least() + 1)];
                for (int k = 0; k < words.length; k++) words[k] = own.nextInt(10);
                var file = folder.resolve("clips").resolve(numbered(i) + ".wav");
                Wav.write(file, world.say(0, words, own).sound(), Wav.Encoding.PCM_16);
                files.add(file);
                texts.add(Arrays.stream(words).mapToObj(String::valueOf).collect(Collectors.joining(" ")));
            }
            new FileTexts(files, texts).write(folder.resolve("speech.jsonl"), "audio");
        }
    },
    /** Four communities of nodes with noisy features, three in ten without a label: {@code nodes.csv} and {@code edges.csv}. */
    GRAPH("nodes.csv and edges.csv") {
        @Override void fill(Path folder, int n, Rng rng) throws IOException {
            var graph = new BlockGraphs().withNodes(n).withInside(Math.min(1, 40.0 / n)).withBetween(Math.min(1, 3.0 / n)).withFeatures(8)
                    .sample(rng.split(0));
            var hidden = rng.split(1);
            var nodes = new StringBuilder("id,label");
            for (int f = 0; f < 8; f++) nodes.append(",x").append(f);
            var features = graph.features().toRows();
            for (int i = 0; i < n; i++) {
                nodes.append("\nn").append(i).append(',')
                        .append(hidden.nextDouble() < 0.3 ? "" : "group " + (char) ('A' + graph.labels()[i]));
                for (double x : features[i]) nodes.append(String.format(Locale.ROOT, ",%.4f", x));
            }
            Files.writeString(folder.resolve("nodes.csv"), nodes.append('\n'));
            var edges = new StringWriter();
            new Csv().write(Frame.of(ends("source", graph.a()), ends("target", graph.b())), edges);
            Files.writeString(folder.resolve("edges.csv"), edges.toString());
        }
    },
    /** One or two coloured shapes of 32 x 32 with their captions: pictures and {@code captions.jsonl}. */
    CAPTIONS("pictures and captions.jsonl") {
        @Override void fill(Path folder, int n, Rng rng) throws IOException {
            var world = CaptionedScenes.of(32);
            var files = new ArrayList<Path>();
            var texts = new ArrayList<String>();
            for (int i = 0; i < n; i++) {
                var own = rng.split(i);
                var scene = world.draw(1, own);
                files.add(folder.resolve(numbered(i) + ".png"));
                ImageFolder.write(Raster.of(world.picture(scene)), files.getLast());
                texts.add(world.caption(scene));
            }
            new FileTexts(files, texts).write(folder.resolve("captions.jsonl"), "image");
        }
    };

    private final String written;

    SampleFiles(String written) { this.written = written; }

    /** In a few words, which files. */
    public String written() { return written; }

    abstract void fill(Path folder, int n, Rng rng) throws IOException;

    /** @param n pictures, clips or nodes, from 8 to 100,000 */
    public void write(Path folder, int n, Rng rng) throws IOException {
        if (n < 8 || n > 100_000) throw new IllegalArgumentException("SampleFiles: " + n + " items; 8 to 100,000");
        Files.createDirectories(folder);
        fill(folder, n, rng);
    }

    private static String numbered(int i) { return String.format(Locale.ROOT, "%04d", i); }

    private static Column ends(String name, int[] nodes) {
        return Column.of(name, Arrays.stream(nodes).mapToObj(i -> "n" + i).toArray(String[]::new));
    }
}
