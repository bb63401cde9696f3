package lyceum.models.vision.ocr;

/** A line that was read. @param confidence the mean probability of its characters, in [0, 1] */
public record TextLine(TextBox box, String text, double confidence) {}
