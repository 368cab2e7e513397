"""The Scharfetter-Gummel Markov chain of a problem on its grid, written independently of driftwell.

Rates k -> l over a face: T / h^2 B(z), back: T / h^2 B(-z), z = (f_l - f_k - int force) / T, B(z) = z / (e^z - 1).
Without a force the steady state of the chain is exp(-f/T) at the cell centres, exactly.
"""
import numpy as np
import scipy.sparse
import scipy.special

GAUSS_NODES, GAUSS_WEIGHTS = np.polynomial.legendre.leggauss(3)


def bernoulli(z):
    """z / (exp(z) - 1), through 0 by its series and without overflow."""
    z = np.asarray(z, float)
    small = np.abs(z) < 1e-4
    safe = np.where(small, 1.0, np.abs(z))
    positive = safe * np.exp(-safe) / -np.expm1(-safe)
    return np.where(small, 1 - z / 2 + z * z / 12, np.where(z > 0, positive, positive + safe))


def face_steps(problem, axis):
    """z on every inner face across `axis`."""
    x, T, h = problem.mesh(), problem.temperature, problem.spacing(axis)
    f = np.broadcast_to(problem.potential(*x), problem.cells)
    step = np.diff(f, axis=axis)
    if problem.force is not None:
        here = list(x)
        take = [slice(None)] * problem.dimension
        take[axis] = slice(0, -1)
        left = x[axis][tuple(take)]
        for node, weight in zip(GAUSS_NODES, GAUSS_WEIGHTS):
            here[axis] = left + h * (1 + node) / 2
            step = step - h * weight / 2 * problem.force(axis, *here)
    return step / T


def generator(problem):
    """Q with dp/dt = Q p: columns sum to zero."""
    if problem.noise is not None:
        return tensor_generator(problem)
    index = np.arange(np.prod(problem.cells)).reshape(problem.cells)
    rows, columns, values = [], [], []
    for axis in range(problem.dimension):
        z = face_steps(problem, axis).ravel()
        count = problem.cells[axis]
        k = index.take(range(count - 1), axis).ravel()
        l = index.take(range(1, count), axis).ravel()
        up = problem.temperature / problem.spacing(axis) ** 2 * bernoulli(z)
        down = problem.temperature / problem.spacing(axis) ** 2 * bernoulli(-z)
        rows += [l, k, k, l]
        columns += [k, k, l, l]
        values += [up, -up, down, -down]
    shape = (index.size, index.size)
    return scipy.sparse.csc_matrix((np.concatenate(values), (np.concatenate(rows), np.concatenate(columns))), shape)


def tensor_generator(problem):
    """Two dimensions, D(x) full and anti-Ito: bilinear finite elements between the centres, with lumped mass.

    dp_i/dt = -T sum_j K_ij p_j / w_j, w = exp(-f/T), K_ij = int w grad(e_i).D grad(e_j) by 2 x 2 Gauss points an element:
    second order, mass and exp(-f/T) exact; nine points a row, and rates that need not be positive."""
    T, spacing = problem.temperature, np.array([problem.spacing(a) for a in range(2)])
    index = np.arange(np.prod(problem.cells)).reshape(problem.cells)
    corners = [index[i:problem.cells[0] - 1 + i, j:problem.cells[1] - 1 + j].ravel() for i in (0, 1) for j in (0, 1)]
    x, y = (a.ravel() for a in np.meshgrid(problem.centres(0)[:-1], problem.centres(1)[:-1], indexing="ij"))
    least = problem.potential(*problem.mesh()).min()
    local = np.zeros((4, 4, x.size))
    nodes = (1 - 1 / np.sqrt(3)) / 2, (1 + 1 / np.sqrt(3)) / 2
    for s in nodes:
        for t in nodes:
            here = x + s * spacing[0], y + t * spacing[1]
            weight = np.exp((least - problem.potential(*here)) / T) / 4
            dxx, dxy, dyy = (weight * d for d in problem.noise(*here))
            slopes = [((2 * i - 1) * (t if j else 1 - t) / spacing[0], (2 * j - 1) * (s if i else 1 - s) / spacing[1])
                      for i in (0, 1) for j in (0, 1)]
            for i, (ax, ay) in enumerate(slopes):
                for j, (bx, by) in enumerate(slopes):
                    local[i, j] += dxx * (ax * bx) + dxy * (ax * by + ay * bx) + dyy * (ay * by)
    w = np.exp((least - problem.potential(*problem.mesh())) / T).ravel()
    rows = np.concatenate([corners[i] for i in range(4) for j in range(4)])
    columns = np.concatenate([corners[j] for i in range(4) for j in range(4)])
    return scipy.sparse.csc_matrix((-T * local.ravel() / w[columns], (rows, columns)), (index.size, index.size))


def gibbs(problem):
    """exp(-f/T) at the centres, summing to one."""
    f = np.broadcast_to(problem.potential(*problem.mesh()), problem.cells).ravel() / problem.temperature
    weight = np.exp(f.min() - f)
    return weight / weight.sum()


def start_weights(problem, axis):
    """The start along one axis, as driftwell has it: values at the centres where the grid of a quarter of the cells
    resolves the Gaussian, otherwise integrals over the cells of one whose variance is h^2/12 smaller (Sheppard)."""
    x, h = problem.centres(axis), problem.spacing(axis)
    z = (x - problem.mean[axis]) / problem.std
    if any(problem.std < 4 * problem.spacing(a) for a in range(problem.dimension)):
        std = np.sqrt(max(problem.std**2 - h * h / 12, problem.std**2 / 4))
        z, half = (x - problem.mean[axis]) / std, h / 2 / std
        tail = scipy.special.ndtr(-np.abs(z) + half) - scipy.special.ndtr(-np.abs(z) - half)
        return tail / tail.sum()
    weight = np.exp(-z * z / 2)
    return weight / weight.sum()


def cut(x, mean, std):
    """1 up to seven standard deviations from the mean, then smoothly 0: takes 3e-13 of a Gaussian's mass away."""
    return 0.5 * scipy.special.erfc((np.abs(x - mean) / std - 7.25) / 0.4)


def start(problem):
    p = start_weights(problem, 0)
    for axis in range(1, problem.dimension):
        p = np.multiply.outer(p, start_weights(problem, axis))
    return p.ravel() / p.sum()


def kl(p, steady):
    """sum p log(p / steady), as steady (r log r - r + 1): no cancellation when p is close to steady."""
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        d = (p - steady) / steady
        near = steady * d * d * (0.5 - d / 6 + d * d / 12)
        far = np.where(p > 0, p * (np.log(np.where(p > 0, p, 1)) - np.log(steady)) - p + steady, steady)
    return float(np.where(np.abs(d) < 1e-3, near, far).sum())


def symmetric_chain(problem, axis):
    """Diagonal and off-diagonal of S = diag(pi)^-1/2 Q diag(pi)^1/2 along one axis of a separable potential, and sqrt(pi).

    The off-diagonal sqrt(up * down) = T / h^2 (z/2) / sinh(z/2).
    """
    phi = problem.separate[axis][0](problem.centres(axis))
    T, rate = problem.temperature, problem.temperature / problem.spacing(axis) ** 2
    z = np.diff(phi) / T
    diagonal = np.zeros(phi.size)
    diagonal[:-1] -= rate * bernoulli(z)
    diagonal[1:] -= rate * bernoulli(-z)
    off = rate * np.sqrt(bernoulli(z) * bernoulli(-z))
    root = np.exp((phi.min() - phi) / (2 * T))
    return diagonal, off, root / np.linalg.norm(root)
