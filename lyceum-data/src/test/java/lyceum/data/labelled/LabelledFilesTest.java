package lyceum.data.labelled;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.data.Offset.offset;

import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.zip.CRC32;
import javax.imageio.IIOImage;
import javax.imageio.ImageIO;
import lyceum.FormatException;
import lyceum.data.Csv;
import lyceum.data.imagenet.ImageFolder;
import lyceum.data.labelled.CocoBoxes.Box;
import lyceum.data.labelled.CocoBoxes.Faulty;
import lyceum.data.sounds.Sound;
import lyceum.data.sounds.Wav;
import lyceum.testing.Fuzz;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LabelledFilesTest {
    private static final String COCO = """
            {"info": {"year": 2024, "x": [1, {"y": 2}]}, "licenses": [],
             "annotations": [
              {"id": 1, "image_id": 7, "category_id": 44, "bbox": [1, 2, 3.5, 4], "area": 14, "iscrowd": 0, "segmentation": [[1, 2, 3, 4]]},
              {"id": 2, "image_id": 9, "category_id": 2, "bbox": [0, 0, 8, 6], "iscrowd": 1, "segmentation": {"counts": [48], "size": [6, 8]}}],
             "images": [{"id": 9, "file_name": "b.png", "width": 8, "height": 6}, {"id": 7, "file_name": "a.png", "width": 10, "height": 10},
              {"id": 3, "file_name": "empty.png", "width": 5, "height": 5, "coco_url": "http://x"}],
             "categories": [{"id": 2, "name": "cat"}, {"id": 44, "name": "owl", "supercategory": "bird"}]}
            """;

    @TempDir Path folder;

    private CocoBoxes coco(String json, Faulty faulty) {
        return CocoBoxes.read(new ByteArrayInputStream(json.getBytes(StandardCharsets.UTF_8)), "boxes.json", folder, faulty);
    }

    private Path picture(String name, int width, int height, int type) throws IOException {
        var file = folder.resolve(name);
        Files.createDirectories(file.getParent());
        ImageIO.write(new BufferedImage(width, height, type), "png", file.toFile());
        return file;
    }

    @Test void boxesComeToTheirPicturesInAnyOrderOfTheFile() throws IOException {
        var boxes = coco(COCO, Faulty.FATAL);
        assertThat(boxes.classes()).containsExactly("cat", "owl");
        assertThat(boxes.pictures()).extracting(CocoBoxes.Picture::file).containsExactly("b.png", "a.png", "empty.png");
        assertThat(boxes.pictures().get(1).boxes()).containsExactly(new Box(1, 1, 2, 4.5, 6, false));
        assertThat(boxes.pictures().get(0).boxes()).containsExactly(new Box(0, 0, 0, 8, 6, true));
        assertThat(boxes.objects(0)).isEmpty();
        assertThat(boxes.pictures().get(2).boxes()).isEmpty();
        boxes.write(folder.resolve("again.json"));
        var again = CocoBoxes.read(folder.resolve("again.json"), Faulty.FATAL);
        assertThat(again.pictures()).isEqualTo(boxes.pictures());
        assertThat(again.classes()).isEqualTo(boxes.classes());
    }

    @Test void faultyBoxesAreRefusedByPlaceOrMendedAndNoted() {
        record Case(String from, String to, String told, int left) {}
        var cases = List.of(
                new Case("[1, 2, 3.5, 4]", "[1, 2, 0, 4]", "annotations[0] (a.png): the box 1.0, 2.0 of 0.0 x 4.0 has no area", 0),
                new Case("[1, 2, 3.5, 4]", "[1, 2, -3, 4]", "has no area", 0),
                new Case("[1, 2, 3.5, 4]", "[11, 2, 3, 4]", "lies outside the picture of 10 x 10", 0),
                new Case("[1, 2, 3.5, 4]", "[8, 2, 30, 4]", "reaches beyond", 1),
                new Case("\"category_id\": 44,", "\"category_id\": 45,", "of the category 45, which is not listed", 0),
                new Case("\"image_id\": 7", "\"image_id\": 70", "annotations[0] is of the image 70", 0));
        for (var c : cases) {
            String json = COCO.replace(c.from, c.to);
            assertThat(json).isNotEqualTo(COCO);
            assertThatThrownBy(() -> coco(json, Faulty.FATAL)).isInstanceOf(FormatException.class).hasMessageContaining(c.told);
            var mended = coco(json, Faulty.MENDED);
            assertThat(mended.notes()).singleElement().asString().contains(c.told);
            assertThat(mended.pictures().get(1).boxes()).hasSize(c.left);
        }
        assertThat(coco(COCO.replace("[1, 2, 3.5, 4]", "[8, 2, 30, 4]"), Faulty.MENDED).pictures().get(1).boxes())
                .containsExactly(new Box(1, 8, 2, 10, 6, false));
        // rounded by half a pixel: cut without a word
        assertThat(coco(COCO.replace("[1, 2, 3.5, 4]", "[-0.5, 2, 3, 4]"), Faulty.FATAL).pictures().get(1).boxes())
                .containsExactly(new Box(1, 0, 2, 2.5, 6, false));
    }

    @Test void malformedCocoIsRefusedByPlace() {
        assertThatThrownBy(() -> coco("[]", Faulty.FATAL)).isInstanceOf(FormatException.class).hasMessageContaining("not a JSON object");
        assertThatThrownBy(() -> coco("{}", Faulty.MENDED)).hasMessageContaining("no images");
        assertThatThrownBy(() -> coco(COCO.replace("\"a.png\"", "3"), Faulty.MENDED))
                .hasMessageContaining("images[1].file_name is not text").hasMessageContaining("in line 5");
        assertThatThrownBy(() -> coco(COCO.replace("{\"id\": 3,", "{\"id\": 9,"), Faulty.MENDED))
                .hasMessageContaining("images[2] has the id 9");
        assertThatThrownBy(() -> coco(COCO.replace("[1, 2, 3.5, 4]", "[1, 2, 3]"), Faulty.MENDED))
                .hasMessageContaining("bbox has 3 numbers");
        assertThatThrownBy(() -> coco(COCO.replace("\"width\": 8", "\"width\": 1e9"), Faulty.MENDED))
                .hasMessageContaining("sides lie between");
        assertThatThrownBy(() -> coco(COCO.substring(0, 300), Faulty.MENDED)).hasMessageContaining("not JSON");
    }

    private static void fuzz(int mutants, Path folder) {
        var lines = "{\"audio\": \"a.wav\", \"text\": \"one\"}\n\n{\"audio\": \"a.wav\", \"text\": \"two \\u00e9\", \"more\": [1, {}]}\n";
        var bytes = COCO.getBytes(StandardCharsets.UTF_8);
        for (var faulty : Faulty.values()) {
            var coco = Fuzz.of(bytes).allowing(FormatException.class).mutants(mutants / 2,
                    b -> CocoBoxes.read(new ByteArrayInputStream(b), "boxes.json", folder, faulty));
            assertThat(coco.accepted()).isPositive();
            assertThat(coco.refused()).isPositive();
        }
        var texts = Fuzz.of(lines.getBytes(StandardCharsets.UTF_8)).allowing(FormatException.class).mutants(mutants,
                b -> FileTexts.read(b, folder, "lines.jsonl", FileTexts.AUDIO, wrong -> {
                    throw wrong;
                }));
        assertThat(texts.accepted()).isPositive();
        assertThat(texts.refused()).isPositive();
        var nodes = "id,label,x,y\n1,red,0.5,1\n2,blue,-1,0\n3,,2.5,1\n";
        var edges = new Csv().parse("source,target,weight\n1,2,0.5\n3,1,2\n").frame();
        var graphs = Fuzz.of(nodes.getBytes(StandardCharsets.UTF_8)).allowing(FormatException.class).mutants(mutants,
                b -> GraphTables.of(new Csv().parse(b).frame(), edges, "nodes.csv", "edges.csv"));
        assertThat(graphs.accepted()).isPositive();
        assertThat(graphs.refused()).isPositive();
    }

    @Test void mutantsAreReadOrRefused() throws IOException {
        Wav.write(folder.resolve("a.wav"), new Sound(new float[8], 8_000), Wav.Encoding.PCM_16);
        fuzz(5_000, folder);
    }

    @Tag("heavy")
    @Test void aHundredThousandMutantsAreReadOrRefused() throws IOException {
        Wav.write(folder.resolve("a.wav"), new Sound(new float[8], 8_000), Wav.Encoding.PCM_16);
        fuzz(100_000, folder);
    }

    @Test void picturesOfEveryKindAreReadAndOthersRefusedByName() throws IOException {
        assertThat(ImageFolder.read(picture("one.png", 1, 1, BufferedImage.TYPE_INT_RGB)).values()).hasSize(3);
        var deep = new BufferedImage(3, 2, BufferedImage.TYPE_USHORT_GRAY);
        deep.getRaster().setSample(1, 1, 0, 32_768);
        ImageIO.write(deep, "png", folder.resolve("deep.png").toFile());
        assertThat(ImageFolder.read(folder.resolve("deep.png")).at(2, 1, 1)).isEqualTo(32_768f / 65_535);
        // ink: JPEG holds 255 less of cyan, magenta, yellow, black, and this has all of a pixel's cyan and a quarter of its black
        var inks = java.awt.image.Raster.createInterleavedRaster(0, 16, 16, 4, null);
        for (int y = 0; y < 16; y++) for (int x = 0; x < 16; x++) inks.setPixel(x, y, new int[] {0, 255, 255, 191});
        var writer = ImageIO.getImageWritersByFormatName("jpeg").next();
        try (var out = ImageIO.createImageOutputStream(folder.resolve("ink.jpg").toFile())) {
            writer.setOutput(out);
            writer.write(new IIOImage(inks, null, null));
        }
        var printed = ImageFolder.read(folder.resolve("ink.jpg"));
        assertThat((double) printed.at(0, 8, 8)).isEqualTo(0, offset(0.03));
        assertThat((double) printed.at(1, 8, 8)).isEqualTo(0.75, offset(0.03));
        // rgb(200, 40, 90) as ImageMagick 7.1.1 prints it: YCbCr and black with Adobe's mark
        var adobe = ImageFolder.read(Path.of("src/test/resources/pictures/inks.jpg"));
        for (int c = 0; c < 3; c++) assertThat(255.0 * adobe.at(c, 8, 8)).isEqualTo(new int[] {200, 40, 90}[c], offset(1.5));
        var whole = Files.readAllBytes(picture("whole.png", 40, 40, BufferedImage.TYPE_3BYTE_BGR));
        Files.write(folder.resolve("cut.png"), Arrays.copyOf(whole, whole.length - 30));
        assertThatThrownBy(() -> ImageFolder.read(folder.resolve("cut.png"))).isInstanceOf(FormatException.class)
                .hasMessageContaining("cut.png");
        var header = ByteBuffer.wrap(whole.clone()).putInt(16, 100_000).putInt(20, 100_000);
        var crc = new CRC32();
        crc.update(header.array(), 12, 17);
        Files.write(folder.resolve("huge.png"), header.putInt(29, (int) crc.getValue()).array());
        assertThatThrownBy(() -> ImageFolder.read(folder.resolve("huge.png"))).isInstanceOf(FormatException.class)
                .hasMessageContaining("100000 x 100000 pixels are too many");
        assertThatThrownBy(() -> ImageFolder.read(folder.resolve("none.png"))).isInstanceOf(FormatException.class)
                .hasMessageContaining("does not exist");
    }

    @Test void masksOfAnotherSizeOrClassAreToldByFileAndIndex() throws IOException {
        for (var name : List.of("a", "b", "c")) picture("images/" + name + ".png", 6, 4, BufferedImage.TYPE_INT_RGB);
        var mask = new BufferedImage(6, 4, BufferedImage.TYPE_BYTE_GRAY);
        mask.getRaster().setSample(2, 1, 0, 1);
        mask.getRaster().setSample(5, 3, 0, 255);
        Files.createDirectories(folder.resolve("masks"));
        for (var name : List.of("a", "b")) ImageIO.write(mask, "png", folder.resolve("masks/" + name + ".png").toFile());
        Files.writeString(folder.resolve("classes.txt"), "nothing\nshape\n");
        assertThatThrownBy(() -> MaskFolder.of(folder)).isInstanceOf(FormatException.class).hasMessageContaining("c.png: no mask");
        picture("masks/c.png", 5, 4, BufferedImage.TYPE_BYTE_GRAY);
        var masks = MaskFolder.of(folder);
        assertThat(masks.size()).isEqualTo(3);
        var kinds = masks.load(0).kinds();
        assertThat(kinds[1 * 6 + 2]).isEqualTo(1);
        assertThat(kinds[3 * 6 + 5]).isEqualTo(MaskFolder.VOID);
        assertThat(Arrays.stream(kinds).sum()).isEqualTo(256);
        assertThatThrownBy(() -> masks.load(2)).isInstanceOf(FormatException.class).hasMessageContaining("c.png (mask 2): 5 x 4 pixels")
                .hasMessageContaining("has 6 x 4");
        mask.getRaster().setSample(2, 1, 0, 7);
        ImageIO.write(mask, "png", folder.resolve("masks/b.png").toFile());
        assertThatThrownBy(() -> masks.load(1)).hasMessageContaining("b.png (mask 1): class 7 at column 2, row 1; there are 2");
        picture("masks/b.png", 6, 4, BufferedImage.TYPE_INT_RGB);
        assertThatThrownBy(() -> masks.load(1)).hasMessageContaining("3 values a pixel");
        var palette = new BufferedImage(6, 4, BufferedImage.TYPE_BYTE_INDEXED);
        palette.getRaster().setSample(0, 0, 0, 1);
        ImageIO.write(palette, "png", folder.resolve("masks/b.png").toFile());
        assertThat(masks.load(1).kinds()[0]).isEqualTo(1);
    }

    @Test void picturesOfAnotherSizeThanTheirBoxesSayAreRefused() throws IOException {
        picture("a.png", 10, 10, BufferedImage.TYPE_INT_RGB);
        picture("b.png", 8, 7, BufferedImage.TYPE_INT_RGB);
        var boxes = coco(COCO, Faulty.FATAL);
        assertThat(boxes.load(1).width()).isEqualTo(10);
        assertThatThrownBy(() -> boxes.load(0)).isInstanceOf(FormatException.class).hasMessageContaining("b.png: 8 x 7 pixels")
                .hasMessageContaining("(image 0) say 8 x 6");
    }

    @Test void soundsAndTheirTexts() throws IOException {
        Files.createDirectories(folder.resolve("clips"));
        Wav.write(folder.resolve("clips/a.wav"), new Sound(new float[][] {{0.5f, 0}, {0, 0}}, 8_000), Wav.Encoding.FLOAT_32);
        Wav.write(folder.resolve("clips/nan.wav"), new Sound(new float[] {0, Float.NaN}, 8_000), Wav.Encoding.FLOAT_32);
        var list = folder.resolve("train.jsonl");
        Files.writeString(list,
                "{\"audio\": \"clips/a.wav\", \"text\": \"four\"}\n\n{\"audio\": \"clips/nan.wav\", \"transcript\": \"\"}\n");
        var texts = FileTexts.ofSounds(list);
        assertThat(texts.texts()).containsExactly("four", "");
        assertThat(texts.sound(0).channels()[0]).containsExactly(0.25f, 0);
        assertThatThrownBy(() -> texts.sound(1)).isInstanceOf(FormatException.class).hasMessageContaining("nan.wav: sample 1 is NaN");
        texts.write(folder.resolve("again.jsonl"), "audio");
        assertThat(FileTexts.ofSounds(folder.resolve("again.jsonl"))).isEqualTo(new FileTexts(texts.files(), texts.texts()));
        Files.writeString(list, "{\"audio\": \"clips/a.wav\", \"text\": \"four\"}\n{\"audio\": \"clips/b.wav\", \"text\": \"two\"}\n");
        assertThatThrownBy(() -> FileTexts.ofSounds(list)).isInstanceOf(FormatException.class).hasMessageContaining("train.jsonl, line 2")
                .hasMessageContaining("b.wav does not exist");
        Files.writeString(list, "{\"audio\": \"clips/a.wav\"}\n");
        assertThatThrownBy(() -> FileTexts.ofSounds(list)).hasMessageContaining("line 1: no field \"text\"");
        Files.writeString(list, "{\"audio\": \"clips/\\u0000\", \"text\": \"x\"}\n");
        assertThatThrownBy(() -> FileTexts.ofSounds(list)).isInstanceOf(FormatException.class).hasMessageContaining("no path");
    }

    @Test void picturesAndTheirTextsInAnyOfFourWays() throws IOException {
        picture("red-square/1.png", 2, 2, BufferedImage.TYPE_INT_RGB);
        assertThat(FileTexts.ofPictures(folder).texts()).containsExactly("red square");
        picture("2.png", 2, 2, BufferedImage.TYPE_INT_RGB);
        assertThat(FileTexts.ofPictures(folder).texts()).containsExactly("", "red square");
        Files.writeString(folder.resolve("2.txt"), "a blue disc\n");
        assertThat(FileTexts.ofPictures(folder).texts()).containsExactly("a blue disc", "red square");
        Files.writeString(folder.resolve("captions.jsonl"), "{\"image\": \"2.png\", \"text\": \"two\"}\n");
        assertThat(FileTexts.ofPictures(folder).texts()).containsExactly("two");
        assertThat(FileTexts.ofPictures(folder).picture(0).width()).isEqualTo(2);
        Files.createDirectories(folder.resolve("bare"));
        assertThatThrownBy(() -> FileTexts.ofPictures(folder.resolve("bare"))).isInstanceOf(FormatException.class)
                .hasMessageContaining("no pictures");
    }

    @Test void graphsOfTablesAndTheirFaults() throws IOException {
        var nodes = folder.resolve("nodes.csv");
        var edges = folder.resolve("edges.csv");
        Files.writeString(nodes, "id,label,x,y\n01,red,0.5,1\n2,blue,-1,0\n3,,2.5,1\nalone,red,0,0\n");
        Files.writeString(edges, "source,target,weight\n01,2,0.5\n3,01,2\n");
        var graph = GraphTables.read(nodes, edges);
        assertThat(graph.ids()).containsExactly("01", "2", "3", "alone");
        assertThat(graph.classes()).containsExactly("blue", "red");
        assertThat(graph.labels()).containsExactly(1, 0, -1, 1);
        assertThat(graph.source()).containsExactly(0, 2);
        assertThat(graph.target()).containsExactly(1, 0);
        assertThat(graph.weights()).containsExactly(0.5f, 2);
        assertThat(graph.features().toFloatArray()).containsExactly(0.5f, 1, -1, 0, 2.5f, 1, 0, 0);
        Files.writeString(edges, "source,target\n01,2\n3,9\n");
        assertThatThrownBy(() -> GraphTables.read(nodes, edges)).isInstanceOf(FormatException.class)
                .hasMessage("edges.csv, row 2: the node '9' is not in nodes.csv");
        Files.writeString(edges, "source,target\n");
        assertThat(GraphTables.read(nodes, edges).edges()).isZero();
        Files.writeString(edges, "from,to\n1,2\n");
        assertThatThrownBy(() -> GraphTables.read(nodes, edges)).hasMessageContaining("no column 'source'");
        Files.writeString(edges, "source,target\n");
        Files.writeString(nodes, "id,label\n1,a\n1,b\n");
        assertThatThrownBy(() -> GraphTables.read(nodes, edges)).hasMessageContaining("row 2: the id '1' is that of row 1");
        Files.writeString(nodes, "id,x\n1,a\n2,b\n");
        assertThatThrownBy(() -> GraphTables.read(nodes, edges)).hasMessageContaining("row 1: x is 'a'; a number");
        Files.writeString(nodes, "id,x\n");
        assertThatThrownBy(() -> GraphTables.read(nodes, edges)).hasMessageContaining("no nodes");
    }
}
