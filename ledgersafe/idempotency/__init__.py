"""Money commands happen once per `X-Idempotency-Key`: Redis answers fast, Postgres decides.

A view says so with one decorator, and its method becomes an operation of the guard's transaction:

    class TransactionsView(APIView):
        scope = "pos:write"

        @extend_schema(operation_id="transactions_create", responses=...)
        @money_command(serializers.NewTransactionSerializer)
        def post(self, request: Request, body: Body) -> HttpResponse:
            wanted = NewTransaction.read(body)
            made = drawers.record(principal=principal_of(request), wanted=wanted, now=timezone.now())
            return json_response(serializers.transaction_item(made), 201)

`commands` is the decorator, `guard` the use case, `rows` what Postgres is asked, `front` what Redis is.
"""
