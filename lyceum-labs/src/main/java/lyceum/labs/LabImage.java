package lyceum.labs;

/**
 * An image that a lab showed.
 *
 * @param title       what it is
 * @param description one sentence about what it shows
 * @param width       in pixels
 * @param height      in pixels
 * @param png         the file's bytes; Base64 in JSON
 */
public record LabImage(String title, String description, int width, int height, byte[] png) {}
