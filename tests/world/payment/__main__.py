"""`python -m tests.world.payment FOLDER PORT CONTROL`: one machine, until killed."""

from tests.world.payment.control import main

if __name__ == "__main__":
    main()
