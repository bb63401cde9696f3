package lyceum.data.imagenet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.data.Offset.offset;

import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import javax.imageio.ImageIO;
import javax.imageio.stream.MemoryCacheImageInputStream;
import lyceum.ShapeException;
import lyceum.data.augment.Raster;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Fuzz;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Photographs stand upright, and long ones are cut before they are large. */
class JpegHeaderTest {
    private static final int WIDTH = 48, HEIGHT = 16;
    private static final int[] GREY = {40, 100, 160, 220};

    @TempDir Path folder;

    /** Quarters A to D, clockwise from the top left, under Exif that stands before JFIF as cameras write it. */
    private static byte[] photograph(int orientation, ByteOrder order) throws IOException {
        var image = new BufferedImage(WIDTH, HEIGHT, BufferedImage.TYPE_INT_RGB);
        for (int y = 0; y < HEIGHT; y++) for (int x = 0; x < WIDTH; x++) {
            int quarter = y < HEIGHT / 2 ? x < WIDTH / 2 ? 0 : 1 : x < WIDTH / 2 ? 3 : 2;
            image.setRGB(x, y, GREY[quarter] * 0x010101);
        }
        var plain = new ByteArrayOutputStream();
        ImageIO.write(image, "jpeg", plain);
        var exif = ByteBuffer.allocate(6 + 8 + 2 + 2 * 12 + 4).put("Exif\0\0".getBytes(StandardCharsets.US_ASCII));
        exif.put(order == ByteOrder.LITTLE_ENDIAN ? new byte[] {'I', 'I'} : new byte[] {'M', 'M'}).order(order);
        exif.putShort((short) 42).putInt(8).putShort((short) 2);
        exif.putShort((short) 0x100).putShort((short) 4).putInt(1).putInt(WIDTH);
        exif.putShort((short) 0x112).putShort((short) 3).putInt(1).putShort((short) orientation).putShort((short) 0).putInt(0);
        var whole = ByteBuffer.allocate(plain.size() + 4 + exif.capacity());
        whole.put(plain.toByteArray(), 0, 2).putShort((short) 0xFFE1).putShort((short) (2 + exif.capacity())).put(exif.array());
        return whole.put(plain.toByteArray(), 2, plain.size() - 2).array();
    }

    @Test void photographsAreTurnedAsTheCameraWasHeld() throws IOException {
        // the corners that one sees, clockwise from the top left: the standard's table of the 0th row and the 0th column
        String[] seen = {"ABCD", "BADC", "CDAB", "DCBA", "ADCB", "DABC", "CBAD", "BCDA"};
        for (var order : new ByteOrder[] {ByteOrder.LITTLE_ENDIAN, ByteOrder.BIG_ENDIAN}) for (int k = 1; k <= 8; k++) {
            var picture = ImageFolder.read(Files.write(folder.resolve("a.jpg"), photograph(k, order)));
            assertThat(picture.width()).as("orientation " + k).isEqualTo(k < 5 ? WIDTH : HEIGHT);
            var stored = ImageFolder.readStored(folder.resolve("a.jpg"));
            assertThat(stored.width()).isEqualTo(WIDTH);
            assertThat(255.0 * stored.at(1, 2, 2)).as("as stored, " + k).isEqualTo(GREY[0], offset(6.0));
            int right = picture.width() - 3, low = picture.height() - 3;
            int[][] corners = {{2, 2}, {2, right}, {low, right}, {low, 2}};
            for (int c = 0; c < 4; c++)
                assertThat(255.0 * picture.at(1, corners[c][0], corners[c][1])).as(k + ", corner " + c)
                        .isEqualTo(GREY[seen[k - 1].charAt(c) - 'A'], offset(6.0));
        }
        for (int wrong : new int[] {0, 9, 77})
            assertThat(ImageFolder.read(Files.write(folder.resolve("b.jpg"), photograph(wrong, ByteOrder.LITTLE_ENDIAN))).width())
                    .isEqualTo(WIDTH);
    }

    private static JpegHeader header(byte[] bytes) {
        try (var in = new MemoryCacheImageInputStream(new ByteArrayInputStream(bytes))) {
            return JpegHeader.of(in);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test void headersOfAnyKindAreReadWithoutHarm() throws IOException {
        var bytes = photograph(6, ByteOrder.BIG_ENDIAN);
        assertThat(header(bytes)).isEqualTo(new JpegHeader(3, false, 6));
        assertThat(header(new byte[] {(byte) 0xFF, (byte) 0xD8, (byte) 0xFF})).isEqualTo(new JpegHeader(0, false, 1));
        assertThat(Fuzz.of(bytes).mutants(5_000, JpegHeaderTest::header).accepted()).isEqualTo(5_000);
    }

    @Test void ofALongPictureTheSquareThatIsJudgedIsMadeAlone() throws IOException {
        var long1 = Raster.make(3, 65_000, 1, (c, y, x) -> y / 65_000f);
        var seen = new Preprocessing(256, 224).central(long1);
        assertThat(seen.height()).isEqualTo(224);
        assertThat((double) seen.at(0, 112, 0)).isEqualTo(0.5, offset(1e-3));
        assertThat(new Preprocessing(256, 224).central(Raster.make(3, 1, 65_000, (c, y, x) -> x / 65_000f)).width()).isEqualTo(224);
        assertThatThrownBy(() -> new Preprocessing(256, 224).geometry(1, 1 << 28)).isInstanceOf(ShapeException.class)
                .hasMessageContaining("cut it first");
        assertThatThrownBy(() -> long1.resized(1 << 24, 256)).isInstanceOf(ShapeException.class).hasMessageContaining("too large");
        var picture = Raster.of(Tensor.rand(Rng.of(1), 3, 37, 23));
        var whole = picture.resized(20, 31);
        assertThat(picture.resized(20, 31, 4, 5, 9, 20).values()).isEqualTo(whole.cropped(4, 5, 9, 20, 0).values());
        assertThatThrownBy(() -> picture.resized(20, 31, 12, 5, 9, 20)).isInstanceOf(ShapeException.class)
                .hasMessageContaining("the whole is 20 x 31");
    }
}
