package lyceum.plot.render;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.io.ByteArrayInputStream;
import javax.imageio.ImageIO;
import lyceum.plot.FigureException;
import lyceum.plot.Samples;
import org.junit.jupiter.api.Test;

class PngTest {

    @Test void everyKindIsPaintedOnTheThemesPaper() throws Exception {
        for (var f : Samples.all()) {
            for (var theme : new Theme[] {Theme.LIGHT, Theme.DARK}) {
                var image = ImageIO.read(new ByteArrayInputStream(Png.write(f, theme, 640, 1)));
                assertThat(image.getWidth()).isEqualTo(672);
                assertThat(Theme.hex(image.getRGB(2, 2))).isEqualTo(theme.paper());
                int marked = 0;
                for (int y = 0; y < image.getHeight(); y++)
                    for (int x = 0; x < image.getWidth(); x++) if (!Theme.hex(image.getRGB(x, y)).equals(theme.paper())) marked++;
                assertThat(marked).as(f.title()).isGreaterThan(1_000);
            }
        }
    }

    @Test void ourEncoderIsReadBackPixelForPixel() throws Exception {
        for (var pixels : new int[][] {{0xff000000, 0xffffffff, 0xff808080, 0xff010101, 0xff020202, 0xff030303},
                {0xffff0000, 0xff00ff00, 0xff0000ff, 0xff123456, 0xff654321, 0xffabcdef},
                {0, 0x80ff0000, 0xff00ff00, 0x40123456, 0xff000000, 0x01ffffff}}) {
            var image = ImageIO.read(new ByteArrayInputStream(PixelPng.encode(pixels, 3, 2)));
            boolean gray = image.getRaster().getNumBands() == 1;
            // Java reads grey files in a linear colour space; their samples are the values written.
            for (int i = 0; i < 6; i++)
                assertThat(gray ? 0xff000000 | image.getRaster().getSample(i % 3, i / 3, 0) * 0x010101 : image.getRGB(i % 3, i / 3))
                        .isEqualTo(pixels[i]);
        }
    }

    @Test void aScaleOutOfBoundsIsNamed() {
        assertThatExceptionOfType(FigureException.class).isThrownBy(() -> Png.write(Samples.loss(), Theme.LIGHT, 640, 9))
                .withMessageContaining("9.0").withMessageContaining("between 0.5 and 8");
        assertThatExceptionOfType(FigureException.class).isThrownBy(() -> Png.write(Samples.loss(), Theme.LIGHT, 4_000, 8))
                .withMessageContaining("64000000");
    }
}
