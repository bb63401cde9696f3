package lyceum.models.vision.ocr;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.UnaryOperator;
import lyceum.ShapeException;
import lyceum.data.augment.Raster;
import lyceum.data.imagenet.ImageFolder;
import lyceum.format.Npy;
import lyceum.tensor.Tensor;
import lyceum.testing.OnnxRuntime;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TextReaderTest {
    private static final Path MODELS = Path.of("..", ".lyceum", "models"), PICTURE = Path.of("..", "examples", "invoice.png");
    /** Spaces are left out: the network, trained on Chinese above all, misses some. */
    private static final List<String> LINES = List.of("HarbourBooks", "Invoice2026-0417", "Threenovels,oneatlas:84.50EUR",
            "Paidwiththanks");

    @TempDir Path folder;

    /** A probability of 0.9 in a rectangle that is turned about its middle. */
    private static float[] map(int height, int width, double middleY, double middleX, double w, double h, double degrees) {
        var map = new float[height * width];
        double cos = Math.cos(Math.toRadians(degrees)), sin = Math.sin(Math.toRadians(degrees));
        for (int y = 0; y < height; y++) for (int x = 0; x < width; x++) {
            double dx = x - middleX, dy = y - middleY;
            if (Math.abs(dx * cos + dy * sin) <= w / 2 && Math.abs(dy * cos - dx * sin) <= h / 2) map[y * width + x] = 0.9f;
        }
        return map;
    }

    @Test void aBoxLiesAroundALineAndGrowsByItsAreaOverItsPerimeter() {
        for (double degrees : new double[] {0, 10, -25, 40}) {
            var boxes = new TextDetector().boxes(map(200, 300, 90, 150, 120, 20, degrees), 200, 300);
            assertThat(boxes).hasSize(1);
            var box = boxes.getFirst();
            double grown = 1.5 * 120 * 20 / (2 * (120 + 20));
            assertThat(box.width()).isCloseTo(120 + 2 * grown, within(2.0));
            assertThat(box.height()).isCloseTo(20 + 2 * grown, within(2.0));
            assertThat((box.rightX() + box.downX()) / 2).isCloseTo(150, within(0.5));
            assertThat((box.rightY() + box.downY()) / 2).isCloseTo(90, within(0.5));
            assertThat(Math.toDegrees(Math.atan2(box.rightY() - box.top(), box.rightX() - box.left()))).isCloseTo(degrees, within(1.0));
            assertThat(box.left()).isLessThan(box.rightX());
            assertThat(box.top()).isLessThan(box.downY());
        }
    }

    @Test void whatIsFaintSmallOrALineOfPixelsIsNoText() {
        var map = map(64, 64, 30, 30, 1.5, 40, 0);
        assertThat(new TextDetector().boxes(map, 64, 64)).isEmpty();
        var faint = map(64, 64, 30, 30, 40, 12, 0);
        for (int i = 0; i < faint.length; i++) faint[i] *= 0.5f;
        assertThat(new TextDetector().boxes(faint, 64, 64)).isEmpty();
        assertThat(new TextDetector().withLeast(0.4).boxes(faint, 64, 64)).hasSize(1);
    }

    @Test void whatIsCutOutStandsUpright() {
        var picture = Raster.make(1, 200, 300, (c, y, x) -> {
            double cos = Math.cos(Math.toRadians(30)), sin = Math.sin(Math.toRadians(30));
            return (float) ((x - 150) * cos + (y - 100) * sin); // grows along a line that falls by 30 degrees
        });
        var box = new TextDetector().boxes(map(200, 300, 100, 150, 100, 20, 30), 200, 300).getFirst();
        var cut = box.cut(picture);
        assertThat(cut.width()).isGreaterThan(2 * cut.height());
        for (int y : new int[] {0, cut.height() - 1})
            for (int x = 1; x < cut.width(); x++)
                assertThat(cut.at(0, y, x) - cut.at(0, y, x - 1)).isCloseTo((float) (box.width() / cut.width()), within(0.05f));
        assertThat(new TextBox(10, 10, 20, 10, 10, 60).cut(picture).width()).isEqualTo(50); // a column is turned
    }

    @Test void boxesAreReadRowByRow() {
        var boxes = List.of(new TextBox(200, 12, 280, 12, 200, 32), new TextBox(10, 60, 90, 60, 10, 80),
                new TextBox(10, 10, 90, 15, 10, 35));
        assertThat(TextDetector.ordered(boxes)).extracting(TextBox::left).containsExactly(10.0, 200.0, 10.0);
        assertThat(TextDetector.ordered(boxes).getLast().top()).isEqualTo(60);
    }

    /** Networks that see one line and read "ab a" in it, with a repeat and blanks. */
    @Test void framesBecomeCharactersAndSureLinesStay() {
        UnaryOperator<Tensor> detection = x -> Tensor.of(map((int) x.size(2), (int) x.size(3), 30, 60, 80, 16, 0), 1, 1, x.size(2),
                x.size(3));
        float[] frames = {0.1f, 0.8f, 0.05f, 0.05f, 0.1f, 0.9f, 0, 0, 1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 1, 0, 0};
        var reader = new TextReader(detection, null, x -> {
            assertThat(x.shape().toArray()).containsExactly(1, 3, 48, 320);
            return Tensor.of(frames, 1, 6, 4);
        }, List.of("a", "b", " "));
        var lines = reader.read(Raster.make(3, 64, 128, (c, y, x) -> 1));
        assertThat(lines).extracting(TextLine::text).containsExactly("ab a");
        assertThat(lines.getFirst().confidence()).isCloseTo((0.8 + 1 + 1 + 1) / 4, within(1e-6));
        assertThat(reader.withLeast(0.97).read(Raster.make(1, 64, 128, (c, y, x) -> 1))).isEmpty();
        assertThatThrownBy(() -> reader.withCharacters(List.of("a")).read(Raster.make(3, 64, 128, (c, y, x) -> 1)))
                .isInstanceOf(ShapeException.class).hasMessageContaining("1 characters and a blank");
        assertThatThrownBy(() -> reader.withLeast(2)).hasMessageContaining("[0, 1]");
        assertThatThrownBy(() -> reader.withDetection(x -> Tensor.zeros(3)).read(Raster.make(3, 64, 128, (c, y, x) -> 1)))
                .isInstanceOf(ShapeException.class);
    }

    @Test void whatIsMissingInAFolderIsNamed() throws IOException {
        assertThatThrownBy(() -> TextReader.load(folder.resolve("none"))).isInstanceOf(IOException.class)
                .hasMessageContaining("not a folder");
        assertThatThrownBy(() -> TextReader.load(folder)).isInstanceOf(IOException.class).hasMessageContaining("characters");
        Files.writeString(folder.resolve("keys.txt"), "a\nb");
        assertThatThrownBy(() -> TextReader.load(folder)).isInstanceOf(IOException.class).hasMessageContaining("detection network");
    }

    private static TextReader reader() throws IOException {
        Assumptions.assumeTrue(
                Files.exists(MODELS.resolve("ch_PP-OCRv4_det_infer.onnx")) && Files.exists(MODELS.resolve("ppocr_keys_v1.txt")),
                "not here: PP-OCRv4 (tools/fetch-models)");
        return TextReader.load(MODELS);
    }

    @Tag("slow")
    @Test void fourLinesOfAPictureAreRead() throws IOException {
        var picture = ImageFolder.read(PICTURE);
        var lines = reader().read(picture);
        assertThat(lines).extracting(line -> line.text().replace(" ", "")).containsExactlyElementsOf(LINES);
        assertThat(lines).allSatisfy(line -> assertThat(line.confidence()).isBetween(0.9, 1.0));
        var last = lines.getLast().box();
        assertThat(Math.toDegrees(Math.atan2(last.rightY() - last.top(), last.rightX() - last.left()))).isCloseTo(-8, within(1.5));
        assertThat(reader().read(picture.turned(2))).extracting(line -> line.text().replace(" ", ""))
                .containsExactlyInAnyOrderElementsOf(LINES);
    }

    /** The same program on networks that ONNX Runtime runs gives the same text. */
    @Tag("heavy")
    @Test void textEqualsThatOfOnnxRuntime() throws IOException {
        var ours = reader();
        var theirs = ours.withDetection(x -> byOnnxRuntime("ch_PP-OCRv4_det_infer", "sigmoid_0.tmp_0", x))
                .withDirection(x -> byOnnxRuntime("ch_ppocr_mobile_v2.0_cls_infer", "softmax_0.tmp_0", x))
                .withRecognition(x -> byOnnxRuntime("ch_PP-OCRv4_rec_infer", "softmax_11.tmp_0", x));
        var picture = ImageFolder.read(PICTURE);
        var a = ours.read(picture);
        var b = theirs.read(picture);
        assertThat(a).extracting(TextLine::text).containsExactlyElementsOf(b.stream().map(TextLine::text).toList()).hasSize(4);
        for (int i = 0; i < 4; i++) {
            assertThat(a.get(i).confidence()).isCloseTo(b.get(i).confidence(), within(1e-4));
            assertThat(a.get(i).box()).isEqualTo(b.get(i).box());
        }
    }

    private Tensor byOnnxRuntime(String model, String output, Tensor x) {
        try {
            Npy.write(folder.resolve("x.npy"), x.compute());
            OnnxRuntime.run(MODELS.resolve(model + ".onnx"), folder);
            return Npy.read(folder.resolve(output + ".npy")).copy().compute();
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }
}
