package lyceum.data.imagenet;

import java.io.IOException;
import java.io.StringReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import javax.xml.XMLConstants;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.parsers.ParserConfigurationException;
import lyceum.FormatException;
import lyceum.LyceumException;
import org.w3c.dom.Element;
import org.xml.sax.InputSource;
import org.xml.sax.SAXException;

/**
 * Where the objects of a picture are: an annotation file of ImageNet or Pascal VOC.
 *
 * @param file the picture's name without its ending
 * @param width of the picture in pixels @param height of it
 */
public record Localization(String file, int width, int height, List<Box> boxes) {
    private static final int MOST_BYTES = 1 << 24;

    /** @param synset what is in it @param left its first column @param top its first row @param right its last column @param bottom its last row */
    public record Box(String synset, int left, int top, int right, int bottom) {}

    public Localization { boxes = List.copyOf(boxes); }

    /** @throws FormatException if it is not such a file, or a box lies outside the picture: names the file */
    public static Localization read(Path path) throws IOException {
        if (Files.size(path) > MOST_BYTES)
            throw new FormatException(path + ": " + Files.size(path) + " bytes are too many for an annotation");
        try {
            var factory = DocumentBuilderFactory.newInstance();
            // the files are untrusted: no document type, so no entities that grow or reach out
            factory.setFeature("http://apache.org/xml/features/disallow-doctype-decl", true);
            factory.setFeature(XMLConstants.FEATURE_SECURE_PROCESSING, true);
            var builder = factory.newDocumentBuilder();
            builder.setErrorHandler(null);
            var root = builder.parse(new InputSource(new StringReader(Files.readString(path)))).getDocumentElement();
            int width = number(path, root, "width"), height = number(path, root, "height");
            var boxes = new ArrayList<Box>();
            var objects = root.getElementsByTagName("object");
            for (int i = 0; i < objects.getLength(); i++) {
                var object = (Element) objects.item(i);
                var box = new Box(text(path, object, "name"), number(path, object, "xmin"), number(path, object, "ymin"),
                        number(path, object, "xmax"), number(path, object, "ymax"));
                if (box.left < 0 || box.top < 0 || box.right < box.left || box.bottom < box.top || box.right > width || box.bottom > height)
                    throw new FormatException(path + ": " + box + " does not lie in a picture of " + width + " x " + height);
                boxes.add(box);
            }
            return new Localization(text(path, root, "filename"), width, height, boxes);
        } catch (SAXException | IOException | NumberFormatException e) {
            throw new FormatException(path + ": not an annotation: " + e.getMessage(), e);
        } catch (ParserConfigurationException e) {
            throw new LyceumException("the XML parser of this Java cannot be secured", e);
        }
    }

    private static String text(Path path, Element in, String name) {
        var found = in.getElementsByTagName(name);
        if (found.getLength() == 0) throw new FormatException(path + ": no <" + name + ">");
        return found.item(0).getTextContent().trim();
    }

    private static int number(Path path, Element in, String name) { return Integer.parseInt(text(path, in, name)); }
}
