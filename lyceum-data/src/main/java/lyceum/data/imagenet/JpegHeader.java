package lyceum.data.imagenet;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import javax.imageio.stream.ImageInputStream;
import lyceum.data.augment.Raster;

/**
 * What stands before the pixels of a JPEG file. The JDK's own reading of it refuses headers that cameras write, such as Exif before JFIF.
 *
 * @param components colours of a pixel, 0 if no frame was found
 * @param luma whether Adobe's mark says that four inks are YCbCr and black
 * @param orientation Exif's: how the stored rows are to be turned, 1 to 8; 1 is as they are
 */
record JpegHeader(int components, boolean luma, int orientation) {
    private static final int START = 0xD8, END = 0xD9, SCAN = 0xDA, EXIF = 0xE1, ADOBE = 0xEE, ORIENTATION = 0x112, SHORT = 3;
    private static final byte[] EXIF_NAME = "Exif\0\0".getBytes(StandardCharsets.US_ASCII),
            ADOBE_NAME = "Adobe".getBytes(StandardCharsets.US_ASCII);

    /** Reads from the stream's begin to the first scan, and leaves the stream at its begin; what is malformed is left to the decoder. */
    static JpegHeader of(ImageInputStream in) throws IOException {
        int components = 0, orientation = 1;
        boolean luma = false;
        in.seek(0);
        try {
            for (int marker = marker(in); marker != SCAN && marker != END; marker = marker(in)) {
                if (marker == START || marker == 1 || marker >= 0xD0 && marker <= 0xD7) continue; // these have no length
                int length = in.readUnsignedShort() - 2;
                if (length < 0) break;
                long next = in.getStreamPosition() + length;
                if (frame(marker) && length >= 6) {
                    in.skipBytes(5);
                    components = in.readUnsignedByte();
                } else if (marker == EXIF && orientation == 1) orientation = orientation(payload(in, length, EXIF_NAME));
                else if (marker == ADOBE) {
                    var rest = payload(in, length, ADOBE_NAME);
                    luma = rest.remaining() > 6 && rest.get(6) == 2;
                }
                in.seek(next);
            }
        } catch (EOFException e) {
            // the decoder says it better
        }
        in.seek(0);
        return new JpegHeader(components, luma, orientation);
    }

    private static int marker(ImageInputStream in) throws IOException {
        int b = in.readUnsignedByte();
        while (b != 0xFF) b = in.readUnsignedByte();
        while (b == 0xFF) b = in.readUnsignedByte();
        return b;
    }

    /** Start of a frame: all of these numbers but those of Huffman tables, an extension and arithmetic coding. */
    private static boolean frame(int marker) {
        return marker >= 0xC0 && marker <= 0xCF && marker != 0xC4 && marker != 0xC8 && marker != 0xCC;
    }

    /** What follows a segment's name; nothing where it has another. */
    private static ByteBuffer payload(ImageInputStream in, int length, byte[] name) throws IOException {
        var bytes = new byte[length];
        in.readFully(bytes);
        for (int i = 0; i < name.length; i++) if (i >= length || bytes[i] != name[i]) return ByteBuffer.allocate(0);
        return ByteBuffer.wrap(bytes, name.length, length - name.length).slice();
    }

    /** The one entry that matters of the first directory of a TIFF file, which Exif is. */
    private static int orientation(ByteBuffer tiff) {
        if (tiff.remaining() < 10) return 1;
        tiff.order(tiff.get(0) == 'I' ? ByteOrder.LITTLE_ENDIAN : ByteOrder.BIG_ENDIAN);
        int at = tiff.getInt(4);
        if (tiff.getShort(2) != 42 || at < 8 || at > tiff.limit() - 2) return 1;
        int entries = tiff.getShort(at) & 0xFFFF;
        at += 2;
        for (int i = 0; i < entries && at <= tiff.limit() - 12; i++, at += 12) {
            if ((tiff.getShort(at) & 0xFFFF) != ORIENTATION || tiff.getShort(at + 2) != SHORT) continue;
            int turned = tiff.getShort(at + 8);
            return turned >= 1 && turned <= 8 ? turned : 1;
        }
        return 1;
    }

    /** The picture as it was seen through the camera. */
    Raster upright(Raster stored) {
        return switch (orientation) {
            case 2 -> stored.flippedHorizontally();
            case 3 -> stored.turned(2);
            case 4 -> stored.flippedVertically();
            case 5 -> stored.turned(1).flippedVertically();
            case 6 -> stored.turned(3);
            case 7 -> stored.turned(3).flippedVertically();
            case 8 -> stored.turned(1);
            default -> stored;
        };
    }
}
