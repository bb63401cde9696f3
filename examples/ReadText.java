import java.nio.file.Path;
import lyceum.data.imagenet.ImageFolder;
import lyceum.models.vision.ocr.TextReader;

/**
 * Prints the text of a picture, a line a line.
 *
 *     java -cp "$(cat .lyceum/classpath)" --add-modules jdk.incubator.vector examples/ReadText.java examples/invoice.png .lyceum/models
 */
void main(String[] args) throws Exception {
    var picture = ImageFolder.read(Path.of(args[0]));
    for (var line : TextReader.load(Path.of(args[1])).read(picture)) {
        var box = line.box();
        System.out.printf("%.2f  %4.0f, %3.0f  %s%n", line.confidence(), box.left(), box.top(), line.text());
    }
}
