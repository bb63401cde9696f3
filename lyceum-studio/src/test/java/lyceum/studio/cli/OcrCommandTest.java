package lyceum.studio.cli;

import static lyceum.studio.cli.CommandFixture.lyceum;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.json.JsonMapper;

class OcrCommandTest {
    private static final Path MODELS = Path.of("..", ".lyceum", "models");
    private static final String PICTURE = Path.of("..", "examples", "invoice.png").toString();

    @TempDir private Path folder;

    @Test void whatIsMissingIsNamed() throws IOException {
        assertThat(lyceum("ocr", PICTURE).code()).isEqualTo(LyceumCommand.USAGE);
        assertThat(lyceum("ocr", folder.resolve("no.png").toString(), "--models", folder.toString()).err()).contains("no.png");
        assertThat(lyceum("ocr", PICTURE, "--models", folder.toString()).err()).contains("characters", "fetch-models");
        Files.writeString(folder.resolve("note.png"), "no picture");
        var wrong = lyceum("ocr", folder.resolve("note.png").toString(), "--models", folder.toString());
        assertThat(wrong.code()).isEqualTo(LyceumCommand.FAILED);
        assertThat(wrong.err()).contains("not a picture");
    }

    @Tag("slow")
    @Test void fourLinesAreReadWithTheirBoxes() throws IOException {
        Assumptions.assumeTrue(Files.exists(MODELS.resolve("ppocr_keys_v1.txt")), "not here: PP-OCRv4 (tools/fetch-models)");
        var boxes = folder.resolve("boxes.png");
        var read = lyceum("ocr", PICTURE, "--models", MODELS.toString(), "--out", boxes.toString());
        assertThat(read.err()).isEmpty();
        assertThat(read.out().lines()).hasSize(5);
        assertThat(read.out()).contains("%  at ", "Harbour Books", "2026-0417", "84.50 EUR", "Paid with thanks", "Written: ");
        var drawn = ImageIO.read(boxes.toFile());
        assertThat(drawn.getWidth()).isEqualTo(640);
        int coloured = 0;
        for (int y = 0; y < drawn.getHeight(); y++)
            for (int x = 0; x < drawn.getWidth(); x++) if ((drawn.getRGB(x, y) & 0xFFFFFF) == 0xD55E00) coloured++;
        assertThat(coloured).isGreaterThan(2_000);
        var rows = lyceum("ocr", PICTURE, "--models", MODELS.toString(), "--json").out().lines().toList();
        assertThat(rows).hasSize(4);
        var first = JsonMapper.shared().readTree(rows.getFirst());
        assertThat(first.path("text").asString()).isEqualTo("Harbour Books");
        assertThat(first.path("confidence").asDouble()).isBetween(0.9, 1.0);
        assertThat(first.path("box").size()).isEqualTo(4);
    }
}
