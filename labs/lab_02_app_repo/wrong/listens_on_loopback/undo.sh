kubectl delete namespace lab-02
