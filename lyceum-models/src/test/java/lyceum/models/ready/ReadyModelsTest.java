package lyceum.models.ready;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.data.Offset.offset;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import lyceum.FormatException;
import lyceum.data.augment.Raster;
import lyceum.data.imagenet.ImageFolder;
import lyceum.data.sounds.Sound;
import lyceum.models.SavedModel;
import lyceum.models.audio.ConformerConfig;
import lyceum.models.audio.SpeechRecognizer;
import lyceum.models.audio.SpeechRecognizerConfig;
import lyceum.models.audio.Subtitles;
import lyceum.models.multimodal.CaptionPainter;
import lyceum.models.multimodal.CaptionPainterConfig;
import lyceum.models.ready.SpeechModel.Word;
import lyceum.models.vision.ResNet;
import lyceum.models.vision.ResNetConfig;
import lyceum.models.vision.UNet;
import lyceum.models.vision.UNetConfig;
import lyceum.models.vision.detect.Yolo;
import lyceum.models.vision.detect.YoloCoding;
import lyceum.models.vision.detect.YoloConfig;
import lyceum.progress.CancelledException;
import lyceum.progress.Progress;
import lyceum.random.Rng;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ReadyModelsTest {
    private static final Raster WIDE = Raster.make(3, 10, 20, (c, y, x) -> (x + y + c) / 40f);

    @TempDir Path folder;

    @Test void aLetterboxHasTheWholePictureAndLeadsBack() {
        var box = new Letterbox(16);
        var seen = box.fitted(WIDE);
        assertThat(seen.shape().toArray()).containsExactly(3, 16, 16);
        // 20 wide becomes 16, 10 high becomes 8; below there is the mean
        assertThat(seen.narrow(1, 8, 8).abs().max().item()).isZero();
        assertThat(seen.narrow(1, 7, 1).abs().max().item()).isPositive();
        double[] own = {5, 2.5, 20, 10};
        assertThat(box.fitted(own, 10, 20)).containsExactly(4, 2, 16, 8);
        assertThat(box.back(box.fitted(own, 10, 20), 10, 20)).containsExactly(own, offset(1e-12));
        assertThat(box.back(new double[] {-3, 1, 16, 14}, 10, 20)).containsExactly(0, 1.25, 20, 10);
        int[] kinds = IntStream.range(0, 200).map(i -> i % 20 < 10 ? 1 : 2).toArray();
        int[] square = box.fitted(kinds, 10, 20, 255);
        assertThat(Arrays.stream(square).filter(k -> k == 255).count()).isEqualTo(8 * 16);
        assertThat(box.back(square, 10, 20)).isEqualTo(kinds);
        assertThat(box.fitted(Raster.make(3, 1, 1, (c, y, x) -> 1)).sum().item()).isEqualTo(3 * 256);
        assertThatThrownBy(() -> box.fitted(Raster.make(4, 2, 2, (c, y, x) -> 0))).isInstanceOf(FormatException.class)
                .hasMessageContaining("4 channels");
    }

    private PictureModel model(SavedModel saved, String... labels) throws IOException {
        for (var label : labels) saved.notes().withArray("labels").add(label);
        new Letterbox(16).note(saved);
        saved.save(folder.resolve("model"));
        return PictureModel.load(folder.resolve("model"));
    }

    @Test void whatAModelIsNotForIsSaid() throws IOException {
        var config = new YoloConfig(2, YoloCoding.ANCHOR_FREE).withWidth(4).withThreshold(0);
        var detector = model(new SavedModel(new Yolo(config, Rng.of(1)), config), "owl", "cat");
        var seen = detector.detect(WIDE, 0);
        assertThat(seen).isNotEmpty().allSatisfy(s -> {
            assertThat(s.label()).isIn("owl", "cat");
            assertThat(s.left()).isGreaterThanOrEqualTo(0);
            assertThat(s.right()).isGreaterThan(s.left()).isLessThanOrEqualTo(20);
            assertThat(s.bottom()).isGreaterThan(s.top()).isLessThanOrEqualTo(10);
        });
        assertThat(detector.detect(WIDE, 1.1)).isEmpty();
        assertThatThrownBy(() -> detector.classify(WIDE, 3)).isInstanceOf(FormatException.class)
                .hasMessageContaining("is a Yolo and no classifier");
        assertThatThrownBy(() -> detector.segment(WIDE)).isInstanceOf(FormatException.class);
        assertThatThrownBy(() -> detector.embed(WIDE)).isInstanceOf(FormatException.class);
        var out = folder.resolve("boxes.png");
        new Overlay(WIDE).boxes(seen.subList(0, 1), detector.labels()).write(out);
        assertThat(ImageFolder.read(out).width()).isEqualTo(480);
    }

    @Test void classesAndVectorsOfPictures() throws IOException {
        var config = ResNetConfig.cifar(8).withWidth(4).withBlocks(List.of(1, 1)).withClasses(2);
        var classifier = model(new SavedModel(new ResNet(config, Rng.of(1)), config), "owl", "cat");
        var guesses = classifier.classify(WIDE, 5);
        assertThat(guesses).hasSize(2);
        assertThat(guesses.get(0).probability()).isGreaterThanOrEqualTo(guesses.get(1).probability());
        assertThat(guesses.get(0).probability() + guesses.get(1).probability()).isEqualTo(1, offset(1e-6));
        assertThat(classifier.classify(WIDE, 1)).hasSize(1);
        assertThat(classifier.embed(WIDE)).hasSize(8);
        assertThatThrownBy(() -> classifier.detect(WIDE, 0.5)).isInstanceOf(FormatException.class).hasMessageContaining("no detector");
        var unlabelled = new SavedModel(new ResNet(config, Rng.of(1)), config);
        assertThatThrownBy(() -> new PictureModel(unlabelled).classify(WIDE, 1)).isInstanceOf(FormatException.class);
    }

    @Test void classesOfPixels() throws IOException {
        var config = UNetConfig.padded(3, 3, 4, 8);
        var segmenter = model(new SavedModel(new UNet(config, Rng.of(1)), config), "nothing", "owl", "cat");
        var divided = segmenter.segment(WIDE);
        assertThat(divided.kinds()).hasSize(200);
        assertThat(Arrays.stream(divided.shares()).sum()).isEqualTo(1, offset(1e-9));
        var out = folder.resolve("classes.png");
        new Overlay(WIDE).classes(divided).write(out);
        assertThat(ImageFolder.read(out).height()).isEqualTo(240);
    }

    @Test void subtitlesAreThoseThatPlayersRead() {
        var words = List.of(new Word(0.5, 0.9, "four"), new Word(1, 1.25, "two"), new Word(3661.5, 3662, "a <b> --> c"));
        var lines = SpeechModel.lines(words);
        assertThat(lines.srt()).isEqualTo("1\n00:00:00,500 --> 00:00:01,250\nfour two\n\n2\n01:01:01,500 --> 01:01:02,000\na <b> → c\n\n");
        assertThat(lines.vtt())
                .isEqualTo("WEBVTT\n\n00:00:00.500 --> 00:00:01.250\nfour two\n\n01:01:01.500 --> 01:01:02.000\na &lt;b&gt; → c\n\n");
        assertThat(lines.text()).isEqualTo("four two\na <b> --> c");
        assertThat(new Subtitles(List.of(new Subtitles.Line(0, 1, "a\n\nb"))).srt()).contains("a b");
        assertThat(SpeechModel.lines(List.of()).srt()).isEmpty();
        // one word after the other, and yet no line is longer than 6 seconds
        var long9 = IntStream.range(0, 18).mapToObj(i -> new Word(i * 0.5, i * 0.5 + 0.4, "w")).toList();
        assertThat(SpeechModel.lines(long9).lines()).hasSize(2).allSatisfy(l -> assertThat(l.end() - l.start()).isLessThanOrEqualTo(6));
        assertThatThrownBy(() -> new Subtitles.Line(2, 1, "x")).isInstanceOf(IllegalArgumentException.class);
    }

    private static SavedModel ears(String... symbols) {
        var config = new SpeechRecognizerConfig(
                ConformerConfig.small(8).withWidth(8).withHeads(2).withHidden(16).withLayers(1).withStem(4).withKernel(3), symbols.length);
        var saved = new SavedModel(new SpeechRecognizer(config, Rng.of(1)), config);
        saved.notes().put("joined", "").put("rate", 4_000).put("window", 100).put("hop", 40);
        for (var symbol : symbols) saved.notes().withArray("symbols").add(symbol);
        for (int b = 0; b < 8; b++) {
            saved.notes().withArray("bandMean").add(0.5);
            saved.notes().withArray("bandDeviation").add(0.2);
        }
        return saved;
    }

    @Test void soundOfAnyRateAndLengthIsHeard() {
        var model = new SpeechModel(ears("a", "b", " "));
        assertThat(model.words(new Sound(new float[50_000], 4_000), 1, Progress.SILENT)).isEmpty();
        var rng = Rng.of(3);
        var noise = new float[65 * 8_000];
        for (int i = 0; i < noise.length; i++) noise[i] = (float) (0.2 * rng.nextGaussian());
        var words = model.words(new Sound(new float[][] {noise, noise}, 8_000), 1, Progress.SILENT);
        double before = 0;
        for (var word : words) {
            assertThat(word.start()).isGreaterThanOrEqualTo(before);
            assertThat(word.end()).isGreaterThan(word.start()).isLessThanOrEqualTo(65);
            assertThat(word.text()).matches("[ab]+");
            before = word.start();
        }
        assertThat(model.words(new Sound(new float[] {0.1f}, 4_000), 2, Progress.SILENT)).isNotNull();
        assertThatThrownBy(() -> new SpeechModel(ears("a", "b")).words(new Sound(noise, 8_000), 1, update -> {
            throw new CancelledException("enough");
        })).isInstanceOf(CancelledException.class);
        var short1 = ears("a", "b");
        short1.notes().withArray("symbols").add("c");
        assertThatThrownBy(() -> new SpeechModel(short1).words(new Sound(noise, 8_000), 1, Progress.SILENT))
                .isInstanceOf(FormatException.class).hasMessageContaining("3 texts; the model writes 2");
    }

    @Test void aPainterRefusesWhatItNeverLearned() {
        var config = CaptionPainterConfig.small(8, 4, 6);
        var saved = new SavedModel(new CaptionPainter(config, Rng.of(1)), config);
        for (var word : List.of("a", "red", "square")) saved.notes().withArray("words").add(word);
        var painter = new PainterModel(saved);
        var picture = painter.imagine("a red, square", 2, 1, 1, Progress.SILENT);
        assertThat(picture.values()).hasSize(3 * 64);
        assertThat(painter.imagine("a red square", 2, 1, 1, Progress.SILENT).values()).isEqualTo(picture.values());
        assertThat(painter.imagine("a red square", 2, 1, 2, Progress.SILENT).values()).isNotEqualTo(picture.values());
        assertThatThrownBy(() -> painter.imagine("a red square", 2, 3, 1, Progress.SILENT)).isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("never learned without its captions");
        saved.notes().put("dropped", 0.1);
        assertThat(painter.imagine("a red square", 2, 3, 1, Progress.SILENT).values()).isNotEqualTo(picture.values());
        assertThatThrownBy(() -> painter.imagine("a blue square", 2, 1, 1, Progress.SILENT)).hasMessageContaining("\"blue\" is unknown");
        assertThatThrownBy(() -> painter.imagine("a", 0, 1, 1, Progress.SILENT)).hasMessageContaining("steps is 0");
        assertThat(PainterModel.words(List.of("a red, square", "A Square!"))).containsExactly("a", "red", "square");
    }
}
