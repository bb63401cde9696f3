/**
 * The text of a picture: a {@link lyceum.models.vision.ocr.TextReader} finds lines by a {@link lyceum.models.vision.ocr.TextDetector}, turns those that
 * stand on their head and reads them. Its networks are files of other people, PP-OCR's in ONNX.
 */
package lyceum.models.vision.ocr;
