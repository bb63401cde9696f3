package lyceum.backend.cuda;

import lyceum.LyceumException;

/** A call to the driver, NVRTC or cuBLAS failed, or there is none of them: names the call, what the library says, and what helps. */
public final class CudaException extends LyceumException {
    private static final long serialVersionUID = 1;

    private final int status;

    CudaException(String message, int status) {
        super(message);
        this.status = status;
    }

    /** The library's number for it; -1 where there is no library, or it lacks a function. */
    public int status() { return status; }
}
