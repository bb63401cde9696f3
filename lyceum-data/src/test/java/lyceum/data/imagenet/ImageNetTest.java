package lyceum.data.imagenet;

import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.data.Offset.offset;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import javax.imageio.ImageIO;
import lyceum.DType;
import lyceum.FormatException;
import lyceum.LyceumException;
import lyceum.data.DataLoader;
import lyceum.data.WordNet;
import lyceum.data.augment.Augment;
import lyceum.data.augment.Raster;
import lyceum.data.imagenet.ImageFolder.Damaged;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Gap;
import lyceum.testing.Golden;
import lyceum.testing.Recipe;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ImageNetTest {
    private static final String TOPIC = "imagenet";

    @TempDir Path folder;

    @Acceptance(topic = TOPIC, clause = 1)
    @Test void wordNetKnowsADogsKinds() {
        var wordnet = WordNet.installed();
        var dog = wordnet.synset("n02084071");
        Evidence.that("n02084071 is dog", dog.words().equals(List.of("dog", "domestic dog", "Canis familiaris")));
        Set<String> kinds = wordnet.hyponyms("n02084071");
        Evidence.that("beagle is a kind of dog", kinds.contains("n02088364") && wordnet.synset("n02088364").name().equals("beagle"));
        Evidence.that("tabby is none", !kinds.contains("n02123045") && wordnet.synset("n02123045").words().contains("tabby"));
        Evidence.of("kinds of dog", kinds.size(), atLeast(180));
        Evidence.of("nouns and verbs", wordnet.size(), exactly(82_115 + 13_767));
        assertThat(wordnet.path("n02088364")).startsWith("n00001740").endsWith("n02087551", "n02088364").contains("n02084071");
        assertThat(wordnet.hypernyms("n02088364")).contains("n02084071", "n00001740").doesNotContain("n02088364");
        assertThat(wordnet.senses("Domestic dog").getFirst().id()).isEqualTo("n02084071");
        assertThat(wordnet.senses("crane").stream().map(WordNet.Synset::id)).contains("n02012849", "n03126707");
        assertThat(wordnet.senses("xyzzy")).isEmpty();
        assertThatThrownBy(() -> wordnet.synset("n123")).hasMessageContaining("no synset n123");
    }

    @Test void damagedWordNetsAreRefused() throws IOException {
        Files.writeString(folder.resolve("data.noun"), "00001740 03 n 01 entity 0 001 ~ 00001930 n 0000 | that which is\n");
        Files.writeString(folder.resolve("index.noun"), "entity n 1 1 ~ 1 1 00001740\n");
        assertThatThrownBy(() -> WordNet.read(folder)).isInstanceOf(FormatException.class).hasMessageContaining("points to n00001930");
        Files.writeString(folder.resolve("data.noun"), "00001740 03 n ff entity\n");
        assertThatThrownBy(() -> WordNet.read(folder)).isInstanceOf(FormatException.class).hasMessageContaining("not a line of WordNet");
    }

    private static void draw(Path file, int red, int green, int height, int width) throws IOException {
        var image = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
        for (int y = 0; y < height; y++) for (int x = 0; x < width; x++) image.setRGB(x, y, red << 16 | green << 8 | x);
        Files.createDirectories(file.getParent());
        assertThat(ImageIO.write(image, "png", file.toFile())).isTrue();
    }

    @Test void greyPicturesKeepTheirValues() throws IOException {
        for (int type : new int[] {BufferedImage.TYPE_BYTE_GRAY, BufferedImage.TYPE_USHORT_GRAY}) {
            var image = new BufferedImage(3, 2, type);
            int most = type == BufferedImage.TYPE_BYTE_GRAY ? 255 : 65_535;
            for (int i = 0; i < 6; i++) image.getRaster().setSample(i % 3, i / 3, 0, most * i / 5);
            for (var kind : type == BufferedImage.TYPE_BYTE_GRAY ? List.of("png", "bmp") : List.of("png")) {
                var file = folder.resolve("grey." + kind);
                assertThat(ImageIO.write(image, kind, file.toFile())).isTrue();
                var raster = ImageFolder.read(file);
                for (int i = 0; i < 18; i++) assertThat(raster.values()[i]).isEqualTo(i % 6 / 5f);
            }
        }
    }

    private static final List<String> SYNSETS = IntStream.range(0, 20).mapToObj(i -> "n%08d".formatted(2_000_000 + 7919 * (i * 13 % 20)))
            .toList();

    /** Twenty classes in no order, whose devkit ids are another order still; red tells the place in SYNSETS, green the number of the picture. */
    private Path tree() throws IOException {
        var rng = Rng.of(24);
        var map = new StringBuilder();
        var truth = new StringBuilder();
        int[] ids = rng.permutation(20);
        for (int i = 0; i < 20; i++) {
            map.append(SYNSETS.get(i)).append(' ').append(ids[i] + 1).append(" name_").append(i).append('\n');
            for (int k = 0; k < 3; k++)
                draw(folder.resolve("train/" + SYNSETS.get(i) + "/" + SYNSETS.get(i) + "_" + k + ".png"), i, k, 6 + i, 9);
        }
        for (int v = 0; v < 60; v++) {
            int i = rng.nextInt(20);
            draw(folder.resolve("val/ILSVRC2012_val_%08d.png".formatted(v + 1)), i, v, 7, 8);
            truth.append(ids[i] + 1).append('\n');
        }
        Files.createDirectories(folder.resolve("devkit/data"));
        Files.writeString(folder.resolve("devkit/data/map_clsloc.txt"), map);
        Files.writeString(folder.resolve("devkit/data/ILSVRC2012_validation_ground_truth.txt"), truth);
        return folder;
    }

    @Acceptance(topic = TOPIC, clause = 2)
    @Test void aTreeOfTwentySynsetsLoadsWithEveryLabelRight() throws IOException {
        var root = tree();
        var data = ImageNet.read(root, root.resolve("devkit"));
        int wrong = 0, pictures = 0;
        for (var part : List.of(data.train(), data.validation())) {
            assertThat(part.classes()).isSorted().hasSize(20);
            for (int i = 0; i < part.size(); i++) {
                pictures++;
                int painted = Math.round(part.read(i).at(0, 0, 0) * 255);
                if (!SYNSETS.get(painted).equals(part.classes().get(part.labels()[i]))) wrong++;
            }
        }
        Evidence.of("pictures of 20 synsets", pictures, exactly(120));
        Evidence.of("with a label that is not the one painted into them", wrong, exactly(0));
        int sameOrder = 0;
        for (int c = 0; c < 20; c++) if (data.ilsvrcIds()[c] == c + 1) sameOrder++;
        Evidence.of("classes whose devkit number is their own", sameOrder, below(5));

        var prepared = new Preprocessing(8, 5);
        var seen = new HashSet<Long>();
        try (var batches = DataLoader.of(60, 16, Rng.of(1)).prefetch(0, 0, 2,
                rows -> data.validation().load(rows, 0, prepared.training(), Rng.of(2), Damaged.FATAL))) {
            while (batches.hasNext()) {
                var batch = batches.next();
                assertThat(batch.x().shape().toArray()).containsExactly(batch.y().size(0), 3, 5, 5);
                for (long y : batch.y().toLongArray()) seen.add(y);
            }
        }
        assertThat(seen).hasSizeGreaterThan(10);
    }

    @Test void foldersForValidationAndBadDevkits() throws IOException {
        var root = tree();
        for (int v = 1; v <= 60; v++) Files.delete(root.resolve("val/ILSVRC2012_val_%08d.png".formatted(v)));
        draw(root.resolve("val/" + SYNSETS.get(3) + "/a.png"), 3, 0, 5, 5);
        assertThat(ImageNet.read(root).validation().classes().get(ImageNet.read(root).validation().labels()[0])).isEqualTo(SYNSETS.get(3));
        draw(root.resolve("val/n99999999/a.png"), 3, 0, 5, 5);
        assertThatThrownBy(() -> ImageNet.read(root)).isInstanceOf(LyceumException.class).hasMessageContaining("n99999999");
        assertThatThrownBy(() -> ImageNet.read(root, root.resolve("devkit"))).isInstanceOf(FormatException.class)
                .hasMessageContaining("60 lines for 0");
        Files.writeString(root.resolve("devkit/data/map_clsloc.txt"), "n01 x\n");
        assertThatThrownBy(() -> ImageNet.read(root, root.resolve("devkit"))).hasMessageContaining("line 1");
        assertThatThrownBy(() -> ImageFolder.of(root.resolve("devkit"))).hasMessageContaining("no folder with pictures");
    }

    @Test void damagedPicturesAreNamedAndSkippedOrFatal() throws IOException {
        draw(folder.resolve("t/a/1.png"), 1, 0, 5, 5);
        draw(folder.resolve("t/b/1.png"), 2, 0, 5, 5);
        Files.write(folder.resolve("t/b/2.png"), Arrays.copyOf(Files.readAllBytes(folder.resolve("t/b/1.png")), 60));
        Files.writeString(folder.resolve("t/b/3.jpg"), "no picture");
        var data = ImageFolder.of(folder.resolve("t"));
        int[] all = {0, 1, 2, 3};
        var batch = data.load(all, 0, Augment.none(), Rng.of(1), Damaged.SKIPPED);
        assertThat(batch.y().toLongArray()).containsExactly(0, 1);
        assertThat(batch.skipped()).hasSize(2).anySatisfy(s -> assertThat(s).contains("2.png"))
                .anySatisfy(s -> assertThat(s).contains("3.jpg"));
        assertThatThrownBy(() -> data.load(all, 0, Augment.none(), Rng.of(1), Damaged.FATAL)).isInstanceOf(FormatException.class)
                .hasMessageContaining("2.png");
        assertThat(data.load(new int[] {2}, 0, Augment.none(), Rng.of(1), Damaged.SKIPPED).x()).isNull();
    }

    @Acceptance(topic = TOPIC, clause = 3)
    @Test void cropGeometryEqualsTheReference() {
        int wrong = 0, sizes = 0;
        for (int[] row : Golden.load("golden/imagenet.json").named("geometry").intMatrix("expected")) {
            var found = new Preprocessing(row[2], row[3]).geometry(row[0], row[1]);
            if (!found.equals(new Preprocessing.Geometry(row[4], row[5], row[6], row[7]))) wrong++;
            sizes++;
        }
        Evidence.of("random sizes of picture, resize and crop", sizes, exactly(500));
        Evidence.of("with another geometry", wrong, exactly(0));
        assertThat(new Preprocessing().geometry(375, 500)).isEqualTo(new Preprocessing.Geometry(256, 341, 16, 58));
    }

    @Test void resizingEqualsPyTorch() {
        var golden = Golden.load("golden/imagenet.json");
        var r = new Recipe(2400);
        r.uniforms(2000);
        var gap = Gap.absolute();
        for (var c : golden.cases("resize")) {
            var sizes = c.text("name").split(" ");
            int h = Integer.parseInt(sizes[1]), w = Integer.parseInt(sizes[2]);
            var p = Raster.of(Tensor.of(r.uniforms(h * w), h, w)).resized(Integer.parseInt(sizes[3]), Integer.parseInt(sizes[4]));
            gap.see(c, "expected", p.tensor().toDoubleArray());
        }
        assertThat(gap.worst()).isLessThan(1e-6);
    }

    @Test void randomPartsHaveTheAreasAndRatiosAskedFor() {
        var rng = Rng.of(1);
        double area = 0;
        for (int i = 0; i < 2000; i++) {
            var part = Preprocessing.randomPart(300, 400, 0.08, rng);
            double share = part.height() * part.width() / 120_000.0, ratio = part.width() / (double) part.height();
            assertThat(share).isBetween(0.075, 1.0);
            assertThat(ratio).isBetween(0.74, 1.35);
            assertThat(part.top() + part.height()).isLessThanOrEqualTo(300);
            assertThat(part.left() + part.width()).isLessThanOrEqualTo(400);
            area += share / 2000;
        }
        assertThat(area).isBetween(0.38, 0.56); // large parts of a long ratio do not fit and are drawn again
        assertThat(Preprocessing.randomPart(10, 1000, 0.08, rng).width()).isBetween(1, 14);
        assertThatThrownBy(() -> new Preprocessing().withResize(100)).hasMessageContaining("resize >= crop");
    }

    /** Classes c0.. below random inner nodes; some have two parents. */
    private static Map<String, List<String>> world(Rng rng, int classes, int inner) {
        var parents = new HashMap<String, List<String>>();
        for (int i = 1; i < inner; i++)
            parents.put("i" + i,
                    i > 2 && rng.nextInt(4) == 0 ? List.of("i" + rng.nextInt(i), "i" + rng.nextInt(i)) : List.of("i" + rng.nextInt(i)));
        for (int c = 0; c < classes; c++)
            parents.put("c" + c,
                    rng.nextInt(5) == 0 ? List.of("i" + rng.nextInt(inner), "i" + rng.nextInt(inner)) : List.of("i" + rng.nextInt(inner)));
        return parents;
    }

    private static boolean isAbove(Map<String, List<String>> parents, String node, String below) {
        if (node.equals(below)) return true;
        for (var p : parents.getOrDefault(below, List.of())) if (isAbove(parents, node, p)) return true;
        return false;
    }

    /** The longest of all ways from a class up to the node; -1 if there is none. */
    private static int longest(Map<String, List<String>> parents, String node, String from) {
        if (node.equals(from)) return 0;
        int best = -1;
        for (var p : parents.getOrDefault(from, List.of())) {
            int rest = longest(parents, node, p);
            if (rest >= 0) best = Math.max(best, rest + 1);
        }
        return best;
    }

    @Acceptance(topic = TOPIC, clause = 4)
    @Test void errorsEqualBruteForce() {
        var rng = Rng.of(4);
        int k = 25, n = 1_000;
        var parents = world(rng, k, 12);
        var classes = IntStream.range(0, k).mapToObj(c -> "c" + c).toList();
        var nodes = new HashSet<>(classes);
        for (int i = 0; i < 12; i++) nodes.add("i" + i);
        var heights = new HashMap<String, Integer>();
        for (var node : nodes) heights.put(node, classes.stream().mapToInt(c -> longest(parents, node, c)).max().getAsInt());
        var cost = new int[k][k];
        for (int a = 0; a < k; a++) for (int b = 0; b < k; b++) {
            int least = Integer.MAX_VALUE;
            for (var node : nodes)
                if (isAbove(parents, node, "c" + a) && isAbove(parents, node, "c" + b)) least = Math.min(least, heights.get(node));
            cost[a][b] = least;
        }
        var scores = new double[n][k];
        var labels = new long[n];
        double one = 0, five = 0, first = 0, cheapest = 0;
        for (int i = 0; i < n; i++) {
            labels[i] = rng.nextInt(k);
            var order = new ArrayList<Integer>();
            for (int c = 0; c < k; c++) {
                scores[i][c] = Math.rint(8 * rng.nextDouble()) + (c == labels[i] ? 1 : 0); // ties are common
                order.add(c);
            }
            int row = i;
            order.sort((a, b) -> scores[row][a] != scores[row][b] ? Double.compare(scores[row][b], scores[row][a]) : a - b);
            var guesses = order.subList(0, 5);
            if (guesses.getFirst() != labels[i]) one++;
            if (!guesses.contains((int) labels[i])) five++;
            first += cost[guesses.getFirst()][(int) labels[i]];
            cheapest += guesses.stream().mapToInt(g -> cost[g][(int) labels[row]]).min().getAsInt();
        }
        var found = TopErrors.of(Tensor.of(scores), Tensor.of(labels), new Hierarchy(classes, parents));
        Evidence.of("score rows", n, exactly(1_000));
        var gap = Gap.absolute().see("top-1", found.top1(), one / n).see("top-5", found.top5(), five / n)
                .see("hierarchical", found.hierarchical(), first / n).see("of five", found.hierarchical5(), cheapest / n);
        Evidence.of("largest gap of the four errors to brute force", gap, below(1e-12));
        Evidence.of("top-1 error", found.top1(), below(1));
        Evidence.of("top-5 error", found.top5(), below(found.top1()));
        assertThat(TopErrors.of(Tensor.of(scores), Tensor.of(labels)).hierarchical()).isNaN();
        assertThatThrownBy(() -> TopErrors.of(Tensor.zeros(DType.F64, 2, 3), Tensor.of(new long[] {0, 1}), new Hierarchy(classes, parents)))
                .hasMessageContaining("25 classes");
        assertThatThrownBy(() -> new Hierarchy(List.of("a"), Map.of("a", List.of("b"), "b", List.of("a")))).hasMessageContaining("cycle");
    }

    @Test void beagleForBassetCostsLessThanBeagleForBus() {
        var wordnet = WordNet.installed();
        var tree = Hierarchy.of(wordnet, List.of("n02088364", "n02088238", "n02123045", "n02924116"));
        assertThat(wordnet.synset(tree.lowestCommonAncestor(0, 1)).name()).isEqualTo("hound");
        assertThat(tree.cost(0, 1)).isEqualTo(1);
        assertThat(tree.cost(0, 2)).isGreaterThan(1).isLessThan(tree.cost(0, 3));
        assertThat(tree.cost(3, 3)).isZero();
    }

    @Test void annotationsAreReadAndBadOnesRefused() throws IOException {
        var xml = """
                <annotation><folder>val</folder><filename>ILSVRC2012_val_00000001</filename>
                <size><width>500</width><height>375</height><depth>3</depth></size>
                <object><name>n01751748</name><bndbox><xmin>111</xmin><ymin>107</ymin><xmax>441</xmax><ymax>366</ymax></bndbox></object>
                </annotation>""";
        var file = Files.writeString(folder.resolve("a.xml"), xml);
        assertThat(ImageNet.localizations(folder)).singleElement().satisfies(l -> {
            assertThat(l.boxes()).containsExactly(new Localization.Box("n01751748", 111, 107, 441, 366));
            assertThat(l.width()).isEqualTo(500);
        });
        for (var bad : List.of(xml.replace("441", "641"), xml.replace("</annotation>", ""), xml.replace("<xmin>111</xmin>", ""),
                xml.replace("107", "x"), "<!DOCTYPE a [<!ENTITY b SYSTEM \"file:///etc/passwd\">]>" + xml)) {
            Files.writeString(file, bad);
            assertThatThrownBy(() -> Localization.read(file)).isInstanceOf(FormatException.class).hasMessageContaining("a.xml");
        }
    }

    @Test void hogSeesDirections() {
        var hog = new HogFeatures(4, 2, 9);
        var steps = Raster.make(1, 16, 16, (c, y, x) -> x / 16f);
        float[] across = hog.of(steps), down = hog.of(steps.turned(1));
        assertThat(across).hasSize(hog.width(16, 16)).hasSize(9 * 36);
        assertThat(across[0] + across[8]).isGreaterThan(4 * across[4]);
        assertThat(down[4]).isGreaterThan(4 * down[0]);
        double norm = 0;
        for (int i = 0; i < 36; i++) norm += across[i] * across[i];
        assertThat(norm).isCloseTo(1, offset(1e-3));
        assertThatThrownBy(() -> hog.of(Raster.make(1, 7, 16, (c, y, x) -> 0))).hasMessageContaining("less than a block");
    }
}
